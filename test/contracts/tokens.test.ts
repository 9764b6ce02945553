import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import { AbiCoder, Contract, type ContractTransactionResponse, id, MaxUint256, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, type LenderName, lenderNames, venueNames } from "../../bot/config/chains/chain.ts";
import {
  Token__factory,
  TokenReturningFalse__factory,
  TokenReturningNothing__factory,
  TokenTakingTransferFee__factory,
} from "../../types/index.js";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor, protocols } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";

const [solidly] = deploymentsOf(arbitrum, "solidly");
if (solidly === undefined) throw new Error("The chain file lists no deployment of Solidly.");
const { router } = solidly;

const routerAbi = [
  "function addLiquidity(address tokenA, address tokenB, bool stable, uint256 amountADesired, uint256 amountBDesired, uint256 amountAMin, uint256 amountBMin, address to, uint256 deadline) returns (uint256, uint256, uint256)",
  "function getAmountsOut(uint256 amountIn, (address from, address to, bool stable)[] routes) view returns (uint256[])",
];
const erc20Selectors = Token__factory.createInterface();
const selectorOf = (name: "approve" | "transfer" | "transferFrom") => erc20Selectors.getFunction(name).selector;

const weth = arbitrum.weth;
const one = 10n ** 18n;
const amount = one / 100n;
const feeBps = 100n;
const solidlyHop = (tokenOut: string, stable: boolean) => ({
  venue: venueNames.indexOf("solidly"),
  target: router,
  tokenOut,
  amountIn: 0n,
  data: AbiCoder.defaultAbiCoder().encode(["bool"], [stable]),
});

describe("FlashArbitrage, with a token through the Solidly router", () => {
  const chain = useArbitrum();
  let executor: Executor;

  /** An account that pays for liquidity and loans, the token under test, and what a token under test can do. */
  interface TokenUnderTest {
    readonly address: string;
    mint(to: string, units: bigint): Promise<ContractTransactionResponse>;
  }

  before(async () => {
    executor = await deployExecutor(chain());
    await setTokenBalance(chain(), weth, executor.trader.address, 100n * one);
  });

  /** Opens two pairs with WETH: in the volatile one the token is worth about a tenth more than in the stable one. */
  async function openSpread(token: TokenUnderTest): Promise<void> {
    const { trader } = executor;
    await token.mint(trader.address, 100n * one);
    for (const address of [token.address, weth]) await erc20(address, trader).approve(router, MaxUint256);
    const addLiquidity = new Contract(router, routerAbi, trader).getFunction("addLiquidity");
    for (const [stable, wethIn] of [
      [true, 10n * one],
      [false, 11n * one],
    ]) {
      await addLiquidity(token.address, weth, stable, 10n * one, wethIn, 0n, 0n, trader, MaxUint256);
    }
  }

  /** Gives a lender what it lends: Morpho a balance, the operator a balance and an allowance. */
  async function fundLender(lender: LenderName, token: TokenUnderTest): Promise<void> {
    const { operator, address: flash } = executor;
    const source = lender === "morphoBlue" ? arbitrum.lenders.morphoBlue : operator.address;
    await token.mint(source, one);
    await setTokenBalance(chain(), weth, source, one);
    if (lender !== "operator") return;
    await executor.flash.connect(executor.owner).setOperatorLoanCap(token.address, one);
    for (const borrowed of [token.address, weth]) await erc20(borrowed, operator).approve(flash, MaxUint256);
  }

  const execute = (lender: LenderName, borrowed: string, hops: ReturnType<typeof solidlyHop>[]) =>
    executor.flash.execute(
      id("order"),
      { lender: lenderNames.indexOf(lender), source: ZeroAddress, token: borrowed, amount, fee: 0n },
      hops,
      0n,
      MaxUint256,
    );

  /** Buys the token with WETH where it is cheap and sells it where it is dear. */
  const swapThrough = (lender: LenderName, token: TokenUnderTest) =>
    execute(lender, weth, [solidlyHop(token.address, true), solidlyHop(weth, false)]);

  /** The same spread with a loan of the token. */
  const borrow = (lender: LenderName, token: TokenUnderTest) =>
    execute(lender, token.address, [solidlyHop(weth, false), solidlyHop(token.address, true)]);

  /** Requires that an order earns, and that the treasury has all of it and the contract and its spenders nothing. */
  async function expectTrade(borrowed: string, token: TokenUnderTest, order: Promise<unknown>): Promise<void> {
    const { flash, address, treasury } = executor;
    const { provider } = chain().ethers;
    const before = await erc20(borrowed, provider).balanceOf(treasury);
    await order;
    const gained = (await erc20(borrowed, provider).balanceOf(treasury)) - before;
    const [event] = await flash.queryFilter(flash.filters.Arbitrage(), "latest", "latest");
    expect(gained, "the treasury's gain").to.equal(event?.args.profit);
    expect(gained > amount / 20n, "a spread of a tenth, less fees").to.equal(true);
    for (const held of [token.address, weth]) {
      expect(await erc20(held, provider).balanceOf(address), "what is left").to.equal(0n);
      for (const spender of [router, arbitrum.lenders.morphoBlue, protocols.dodoApprove]) {
        expect(await erc20(held, provider).allowance(address, spender), "what is still allowed").to.equal(0n);
      }
    }
  }

  describe("that returns nothing", () => {
    let token: TokenUnderTest;

    before(async () => {
      const deployed = await new TokenReturningNothing__factory(executor.trader).deploy("NOTHING", 18);
      token = { address: await deployed.getAddress(), mint: (to, units) => deployed.mint(to, units) };
      await openSpread(token);
    });

    for (const lender of ["morphoBlue", "operator"] as const) {
      it(`trades when it is borrowed from ${lender}`, async () => {
        await fundLender(lender, token);
        await expectTrade(token.address, token, borrow(lender, token));
      });

      it(`trades through it with a loan of ${lender}`, async () => {
        await fundLender(lender, token);
        await expectTrade(weth, token, swapThrough(lender, token));
      });
    }
  });

  describe("that returns false", () => {
    let token: TokenUnderTest;
    let refuse: (name: "approve" | "transfer" | "transferFrom") => Promise<unknown>;

    before(async () => {
      const deployed = await new TokenReturningFalse__factory(executor.trader).deploy("FALSE", 18);
      token = { address: await deployed.getAddress(), mint: (to, units) => deployed.mint(to, units) };
      refuse = (name) => deployed.refuse(selectorOf(name));
      await openSpread(token);
    });

    it("trades as long as it returns true", async () => {
      await fundLender("operator", token);
      await expectTrade(token.address, token, borrow("operator", token));
    });

    it("reverts with SafeERC20FailedOperation when it does not leave the operator's wallet", async () => {
      await fundLender("operator", token);
      await refuse("transferFrom");
      await expect(borrow("operator", token))
        .to.be.revertedWithCustomError(executor.flash, "SafeERC20FailedOperation")
        .withArgs(token.address);
    });

    it("reverts with SafeERC20FailedOperation when it refuses the approval of a hop", async () => {
      await fundLender("operator", token);
      await refuse("approve");
      for (const order of [borrow("operator", token), swapThrough("operator", token)]) {
        await expect(order)
          .to.be.revertedWithCustomError(executor.flash, "SafeERC20FailedOperation")
          .withArgs(token.address);
      }
    });

    it("reverts with HopFailed and the hop's index when a pair cannot pay it out", async () => {
      await fundLender("operator", token);
      await refuse("transfer");
      await expect(swapThrough("operator", token))
        .to.be.revertedWithCustomError(executor.flash, "HopFailed")
        .withArgs(0n, venueNames.indexOf("solidly"), anyValue);
    });
  });

  describe("that takes a fee on transfer", () => {
    let token: TokenUnderTest;

    before(async () => {
      const deployed = await new TokenTakingTransferFee__factory(executor.trader).deploy("FEE", 18, feeBps);
      token = { address: await deployed.getAddress(), mint: (to, units) => deployed.mint(to, units) };
      await openSpread(token);
    });

    const afterFee = (sent: bigint) => sent - (sent * feeBps) / 10_000n;

    for (const lender of ["morphoBlue", "operator"] as const) {
      it(`reverts with HopFailed at the first hop, which finds less than it spends, when ${lender} lends it`, async () => {
        await fundLender(lender, token);
        await expect(borrow(lender, token))
          .to.be.revertedWithCustomError(executor.flash, "HopFailed")
          .withArgs(0n, venueNames.indexOf("solidly"), anyValue);
      });

      it(`reverts with TransferShort, what arrived and what was paid, when a hop of a loan of ${lender} delivers it`, async () => {
        await fundLender(lender, token);
        const getAmountsOut = new Contract(router, routerAbi, chain().ethers.provider).getFunction("getAmountsOut");
        const [, paid] = await getAmountsOut(amount, [{ from: weth, to: token.address, stable: true }]);
        await expect(swapThrough(lender, token))
          .to.be.revertedWithCustomError(executor.flash, "TransferShort")
          .withArgs(token.address, afterFee(paid), paid);
      });
    }
  });
});
