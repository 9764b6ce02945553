import { expect } from "chai";
import { Contract, Interface, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type AskedLenderName, lenderNames, tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { askedLenderNames } from "../../bot/lenders/registry.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import {
  executeRoute,
  farDeadline,
  type Leg,
  legThrough,
  loanOf,
  type Market,
  marketOf,
  openSpread,
  profitableLoop,
  residue,
} from "../support/routes.ts";

const weth = tokenOf(arbitrum, "WETH").address;
const usdc = tokenOf(arbitrum, "USDC").address;
const amount = 10n ** 17n;

const aaveAbi = [
  "function FLASHLOAN_PREMIUM_TOTAL() view returns (uint128)",
  "function flashLoanSimple(address receiver, address asset, uint256 amount, bytes params, uint16 referralCode)",
];
const vaultAbi = [
  "function getProtocolFeesCollector() view returns (address)",
  "function flashLoan(address recipient, address[] tokens, uint256[] amounts, bytes userData)",
];

/** What a lender asks for `borrowed` units, by its own rule and its own rate. */
async function feeOf(lender: AskedLenderName, borrowed: bigint, executor: Executor): Promise<bigint> {
  if (lender === "aaveV3") {
    const premiumBps = await new Contract(arbitrum.lenders.aaveV3, aaveAbi, executor.owner).getFunction(
      "FLASHLOAN_PREMIUM_TOTAL",
    )();
    return (borrowed * premiumBps + 5_000n) / 10_000n;
  }
  if (lender === "balancerV2") {
    const collector = await new Contract(arbitrum.lenders.balancerV2, vaultAbi, executor.owner).getFunction(
      "getProtocolFeesCollector",
    )();
    const abi = ["function getFlashLoanFeePercentage() view returns (uint256)"];
    const rateE18: bigint = await new Contract(collector, abi, executor.owner).getFunction(
      "getFlashLoanFeePercentage",
    )();
    return (borrowed * rateE18 + 10n ** 18n - 1n) / 10n ** 18n;
  }
  return 0n;
}

describe("FlashArbitrage borrows", () => {
  const chain = useArbitrum();
  let executor: Executor;
  let market: Market;
  let legs: readonly Leg[];

  before(async () => {
    executor = await deployExecutor(chain());
    market = await marketOf(chain(), "algebra", [weth, usdc]);
    await setTokenBalance(chain(), weth, executor.operator.address, amount);
    await erc20(weth, executor.operator).approve(executor.address, amount);
    const loop = await profitableLoop(chain(), executor, market, [weth, usdc], loanOf("operator", weth, amount));
    if (isRefusal(loop)) throw new Error(loop.detail);
    legs = loop;
    // Well beyond break-even, so that every lender's fee is covered.
    await openSpread(chain(), executor, loanOf("aaveV3", weth, amount), legs, {
      tokenIn: weth,
      tokenOut: usdc,
      amountIn: amount,
    });
  });

  for (const lender of askedLenderNames) {
    it(`from ${lender}, repays what it asks for and no more, and sends the rest to the treasury`, async function () {
      const source = lender === "operator" ? executor.operator.address : arbitrum.lenders[lender];
      const holder = lender === "aaveV3" ? await aToken() : source;
      const before = await erc20(weth, executor.owner).balanceOf(holder);
      if (before < amount) {
        process.stdout.write(`      skipped: ${lender} has ${before} of ${weth} on this block, ${amount} are needed\n`);
        this.skip();
      }
      const executed = await executeRoute(executor, loanOf(lender, weth, amount), legs);
      const fee = await feeOf(lender, amount, executor);
      expect(executed.lender).to.equal(BigInt(lenderNames.indexOf(lender)));
      expect(executed.token).to.equal(weth);
      expect(executed.amount).to.equal(amount);
      expect(executed.fee, "fee").to.equal(fee);
      expect(executed.gained, "the treasury's gain").to.equal(executed.profit);
      const collected = lender === "balancerV2" ? 0n : fee;
      expect(await erc20(weth, executor.owner).balanceOf(holder), "the lender's balance").to.equal(before + collected);
      expect(await residue(chain(), executor, legs)).to.deep.equal([]);
    });
  }

  /** Where Aave keeps WETH. */
  async function aToken(): Promise<string> {
    const abi = [
      "function getReserveData(address) view returns ((uint256,uint128,uint128,uint128,uint128,uint128,uint40,uint16,address aToken,address,address,address,uint128,uint128,uint128))",
    ];
    const [data] = [
      await new Contract(arbitrum.lenders.aaveV3, abi, executor.owner).getFunction("getReserveData")(weth),
    ];
    return data.aToken;
  }

  it("nothing when the route loses, and says by how much", async () => {
    const { flash } = executor;
    // Backwards, the spread is a loss.
    const backwards = [legThrough(market, usdc, weth)];
    const forwards = legs[1];
    if (!forwards) throw new Error("The route has two legs.");
    const losing = [{ ...forwards.hop, tokenOut: usdc }, ...backwards.map(({ hop }) => hop)];
    for (const lender of askedLenderNames) {
      await expect(flash.execute.staticCall(ZeroHash, loanOf(lender, weth, amount), losing, 7n, farDeadline), lender)
        .to.be.revertedWithCustomError(flash, "InsufficientProfit")
        .withArgs((profit: bigint) => profit < 0n, 7n);
    }
  });

  it("nothing when the profit is one unit short of what was asked for", async () => {
    const { flash } = executor;
    const hops = legs.map(({ hop }) => hop);
    const loan = loanOf("morphoBlue", weth, amount);
    const profit = await flash.execute.staticCall(ZeroHash, loan, hops, 1n, farDeadline);
    expect(await flash.execute.staticCall(ZeroHash, loan, hops, profit, farDeadline)).to.equal(profit);
    await expect(flash.execute.staticCall(ZeroHash, loan, hops, profit + 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "InsufficientProfit")
      .withArgs(profit, profit + 1n);
  });

  it("nothing for a stranger who names the contract as receiver of a loan", async () => {
    const { flash, address, stranger } = executor;
    const aave = new Contract(arbitrum.lenders.aaveV3, aaveAbi, stranger);
    await expect(aave.getFunction("flashLoanSimple")(address, weth, 1n, "0x", 0))
      .to.be.revertedWithCustomError(flash, "UnannouncedCallback")
      .withArgs(arbitrum.lenders.aaveV3);
    const vault = new Contract(arbitrum.lenders.balancerV2, vaultAbi, stranger);
    await expect(vault.getFunction("flashLoan")(address, [weth], [1n], "0x"))
      .to.be.revertedWithCustomError(flash, "UnannouncedCallback")
      .withArgs(arbitrum.lenders.balancerV2);
  });

  it("more than the lender has: the lender's own reason arrives", async () => {
    const { flash } = executor;
    const hops = legs.map(({ hop }) => hop);
    const excessive = loanOf("balancerV2", weth, 2n ** 200n);
    await expect(flash.execute(ZeroHash, excessive, hops, 1n, farDeadline)).to.be.revertedWith("BAL#528");
  });

  it("and leaves alone what lay in the contract before: it is neither spent nor counted as profit", async () => {
    const { flash, address, operator } = executor;
    const hops = legs.map(({ hop }) => hop);
    const loan = loanOf("morphoBlue", weth, amount);
    const profit = await flash.execute.staticCall(ZeroHash, loan, hops, 1n, farDeadline);
    for (const token of [weth, usdc]) await setTokenBalance(chain(), token, address, 12_345n);
    const executed = await executeRoute(executor, loan, legs);
    expect(executed.gained).to.equal(profit);
    for (const token of [weth, usdc]) expect(await erc20(token, operator).balanceOf(address)).to.equal(12_345n);
  });

  it("and says which hop failed, through which venue, with the venue's own reason", async () => {
    const { flash } = executor;
    const [first, second] = legs;
    if (!first || !second) throw new Error("The route has two legs.");
    const abi = new Interface(["error Error(string)"]);
    const noCode = { ...second.hop, target: "0x00000000000000000000000000000000000000A1" };
    await expect(flash.execute(ZeroHash, loanOf("morphoBlue", weth, amount), [first.hop, noCode], 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "HopAnsweredNothing")
      .withArgs(1, second.hop.venue, noCode.target);
    // No stable pair of the two exists.
    const stable = { ...second.hop, data: `0x${"1".padStart(64, "0")}` };
    await expect(flash.execute(ZeroHash, loanOf("morphoBlue", weth, amount), [first.hop, stable], 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "HopFailed")
      .withArgs(1, second.hop.venue, (reason: string) => reason === "0x" || abi.parseError(reason) !== null);
  });
});
