import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, Contract, dataSlice, getAddress, id, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, tokenOf } from "../../bot/config/chains/chain.ts";
import type { Swap } from "../../bot/venues/venue.ts";
import {
  artifactOf,
  BALANCER_AUTHORIZER,
  BALANCER_FEE_PERCENTAGES,
  BALANCER_FEES_COLLECTOR,
  BALANCER_QUERIES,
  NEXT_POOL_NONCE_SLOT,
} from "../../localnet/balancer.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { createPool, stable2021, swapArguments, vaultAbi, vaultAddress, vaultOf } from "../support/balancer.ts";
import { erc20 } from "../support/erc20.ts";
import { setTokenBalance } from "../support/fund.ts";

const [deployment] = deploymentsOf(arbitrum, "balancer");
if (deployment === undefined) throw new Error("The chain file lists no deployment of Balancer.");
const { poolIds } = deployment;

const [WBTC, WETH, USDC, USDCe, DAI] = ["WBTC", "WETH", "USDC", "USDC.e", "DAI"].map(
  (symbol) => tokenOf(arbitrum, symbol).address,
) as [Address, Address, Address, Address, Address];

/** WBTC/WETH/USDC.e and DAI/USDT/USDC.e. */
const [weighted, stable] = poolIds as [string, string];

/** The codes that the vault puts into an id for how much a pool is told about its balances. */
const specializations: Readonly<Record<string, bigint>> = {
  [weighted]: 1n,
  [stable]: 0n,
};

describe("Balancer V2 on the chain under test", () => {
  const chain = useArbitrum();
  let trader: HardhatEthersSigner;
  let vault: Contract;

  before(async () => {
    const connection = chain();
    [, trader] = (await connection.ethers.getSigners()) as [HardhatEthersSigner, HardhatEthersSigner];
    vault = vaultOf(trader);
    for (const { address } of arbitrum.tokens) {
      await setTokenBalance(connection, address, trader.address, 2n ** 100n);
      await erc20(address, trader).approve(vaultAddress, 2n ** 255n);
    }
  });

  const swap = (poolId: string, { tokenIn = WETH, tokenOut = USDCe, amountIn = 10n ** 12n }: Partial<Swap> = {}) =>
    swapArguments(poolId, { tokenIn, tokenOut, amountIn }, trader.address);
  const doSwap = () => vault.getFunction("swap");

  it("registers every pool of the chain file under its id, at the address that the id starts with", async () => {
    for (const poolId of poolIds) {
      const [pool, specialization] = await vault.getFunction("getPool")(poolId);
      expect(pool, poolId).to.equal(getAddress(dataSlice(poolId, 0, 20)));
      expect(specialization, poolId).to.equal(BigInt(dataSlice(poolId, 20, 22)));
      if (poolId in specializations) expect(specialization, poolId).to.equal(specializations[poolId]);
      const contract = new Contract(pool, ["function getPoolId() view returns (bytes32)"], trader);
      expect(await contract.getFunction("getPoolId")(), poolId).to.equal(poolId);
    }
  });

  it("trades the tokens that the chain file says", async () => {
    const tokensOf = async (poolId: string) => [...(await vault.getFunction("getPoolTokens")(poolId)).tokens];
    const symbols = (list: readonly string[]) => list.map((symbol) => tokenOf(arbitrum, symbol).address);
    const [, , composable, weightedUsdc] = poolIds as [string, string, string, string];
    expect(await tokensOf(weighted)).to.have.members(symbols(["WBTC", "WETH", "USDC.e"]));
    expect(await tokensOf(stable)).to.have.members(symbols(["DAI", "USDT", "USDC.e"]));
    const own = getAddress(dataSlice(composable, 0, 20));
    expect(await tokensOf(composable)).to.have.members([...symbols(["DAI", "USDT", "USDC", "USDC.e"]), own]);
    expect(await tokensOf(weightedUsdc)).to.have.members(symbols(["WBTC", "WETH", "USDC"]));
  });

  it("has its fee collector, queries and fee percentages at their addresses, all of this vault", async () => {
    expect(await vault.getFunction("getProtocolFeesCollector")()).to.equal(BALANCER_FEES_COLLECTOR);
    for (const [address, getter] of [
      [BALANCER_FEES_COLLECTOR, "vault"],
      [BALANCER_QUERIES, "vault"],
      [BALANCER_FEE_PERCENTAGES, "getVault"],
    ] as const) {
      const contract = new Contract(address, [`function ${getter}() view returns (address)`], trader);
      expect(await contract.getFunction(getter)(), address).to.equal(vaultAddress);
    }
  });

  it("takes the input, pays the output that its queries announce, and emits both", async () => {
    const [single, funds, limit, deadline] = swap(weighted);
    const queries = new Contract(
      BALANCER_QUERIES,
      artifactOf("20220721-balancer-queries", "BalancerQueries").abi,
      trader,
    );
    const announced: bigint = await queries.getFunction("querySwap").staticCall(single, funds);
    expect(announced > 0n).to.equal(true);
    const transaction = doSwap()(single, funds, limit, deadline);
    const weth = new Contract(WETH, ["event Transfer(address indexed, address indexed, uint256)"], trader);
    await expect(transaction).to.emit(weth, "Transfer").withArgs(trader.address, vaultAddress, single.amount);
    const out = erc20(USDCe, trader);
    expect((await out.balanceOf(trader)) - 2n ** 100n).to.equal(announced);
  });

  it("accepts a limit equal to the output and a deadline equal to the block's time", async () => {
    const [single, funds] = swap(weighted);
    const out: bigint = await doSwap().staticCall(single, funds, 0n, 2n ** 255n);
    const next = (await chain().networkHelpers.time.latest()) + 1;
    await chain().networkHelpers.time.setNextBlockTimestamp(next);
    await doSwap()(single, funds, out, next);
  });

  it("reverts BAL#507 when the output is below the limit", async () => {
    const [single, funds, , deadline] = swap(weighted);
    const out: bigint = await doSwap().staticCall(single, funds, 0n, deadline);
    await expect(doSwap()(single, funds, out + 1n, deadline)).to.be.revertedWith("BAL#507");
  });

  it("reverts BAL#508 after the deadline", async () => {
    const [single, funds] = swap(weighted);
    const past = (await chain().networkHelpers.time.latest()) - 1;
    await expect(doSwap()(single, funds, 0n, past)).to.be.revertedWith("BAL#508");
  });

  it("reverts BAL#509 for a token against itself and BAL#510 for an amount of 0, which comes first", async () => {
    await expect(doSwap()(...swap(weighted, { tokenOut: WETH }))).to.be.revertedWith("BAL#509");
    await expect(doSwap()(...swap(weighted, { tokenOut: WETH, amountIn: 0n }))).to.be.revertedWith("BAL#510");
  });

  it("reverts BAL#500 for an id that no pool has", async () => {
    for (const poolId of [weighted, stable]) {
      const unknown = `${poolId.slice(0, -4)}ffff`;
      await expect(doSwap()(...swap(unknown)), unknown).to.be.revertedWith("BAL#500");
    }
  });

  it("reverts BAL#521 for a token that is not in the pool, in or out, however the pool keeps its balances", async () => {
    await expect(doSwap()(...swap(weighted, { tokenIn: DAI })), "minimal, in").to.be.revertedWith("BAL#521");
    await expect(doSwap()(...swap(weighted, { tokenOut: DAI })), "minimal, out").to.be.revertedWith("BAL#521");
    await expect(doSwap()(...swap(stable, { tokenIn: WBTC })), "general, in").to.be.revertedWith("BAL#521");
    await expect(doSwap()(...swap(stable, { tokenOut: WBTC })), "general, out").to.be.revertedWith("BAL#521");
  });

  it("reverts BAL#304 when a weighted pool would take more than 30 % of a balance, fee aside", async () => {
    const { tokens, balances } = await vault.getFunction("getPoolTokens")(weighted);
    const balance: bigint = balances[[...tokens].indexOf(WETH)];
    await expect(doSwap()(...swap(weighted, { amountIn: (balance * 32n) / 100n }))).to.be.revertedWith("BAL#304");
    await doSwap()(...swap(weighted, { amountIn: (balance * 30n) / 100n }));
  });

  it("reverts BAL#401 when the sender is someone else and the caller no relayer", async () => {
    const [single, funds, limit, deadline] = swap(weighted);
    const [stranger] = (await chain().ethers.getSigners()).slice(-1);
    const foreign = { ...funds, sender: stranger?.address };
    await expect(doSwap()(single, foreign, limit, deadline)).to.be.revertedWith("BAL#401");
  });

  it("reverts with the token's own reason when the vault may not take the input", async () => {
    await erc20(WETH, trader).approve(vaultAddress, 0n);
    await expect(doSwap()(...swap(weighted))).to.revert(chain().ethers);
  });

  it("pays the recipient and may keep the input's sender apart from it", async () => {
    const [single, funds, limit, deadline] = swap(weighted);
    const recipient = getAddress(dataSlice(id("recipient"), 0, 20));
    await doSwap()(single, { ...funds, recipient }, limit, deadline);
    expect((await erc20(USDCe, trader).balanceOf(recipient)) > 0n).to.equal(true);
  });

  describe("flash loans", () => {
    let borrower: Contract;

    before(async () => {
      borrower = (await chain().ethers.deployContract("VaultBorrower", [vaultAddress])) as unknown as Contract;
    });

    /** Encodes a loan repaid with `delta` units too many, after a call `inner` of the vault. */
    function loan(tokens: readonly Address[], amounts: readonly bigint[], { delta = 0n, inner = "0x" } = {}) {
      const userData = AbiCoder.defaultAbiCoder().encode(["int256", "bytes"], [delta, inner]);
      return vaultAbi.encodeFunctionData("flashLoan", [borrower.target, tokens, amounts, userData]);
    }
    const borrow = (...args: Parameters<typeof loan>) => borrower.getFunction("borrow")(loan(...args));
    const held = (token: Address) => erc20(token, trader).balanceOf(vaultAddress);

    it("lends everything that it holds of a token, for the collector's fee", async () => {
      const collector = new Contract(
        BALANCER_FEES_COLLECTOR,
        ["function getFlashLoanFeePercentage() view returns (uint256)"],
        trader,
      );
      const percentage: bigint = await collector.getFunction("getFlashLoanFeePercentage")();
      for (const token of [WBTC, WETH, USDCe]) {
        const amount = await held(token);
        expect(amount > 0n, token).to.equal(true);
        await setTokenBalance(chain(), token, borrower.target as string, amount);
        await borrow([token], [amount]);
        const fee: bigint = await borrower.getFunction("charged")();
        expect(fee, token).to.equal((amount * percentage + 10n ** 18n - 1n) / 10n ** 18n);
        expect(await erc20(token, trader).balanceOf(borrower), token).to.equal(amount - fee);
      }
    });

    it("lends several tokens at once when they are sorted, and reverts BAL#102 otherwise", async () => {
      await borrow([WETH, USDCe], [10n ** 15n, 10n ** 6n]);
      await expect(borrow([USDCe, WETH], [10n ** 6n, 10n ** 15n])).to.be.revertedWith("BAL#102");
      await expect(borrow([WETH, WETH], [1n, 1n])).to.be.revertedWith("BAL#102");
    });

    it("reverts BAL#104 for the zero token", async () => {
      await expect(borrow([ZeroAddress], [1n])).to.be.revertedWith("BAL#104");
    });

    it("reverts BAL#528 for more than it holds", async () => {
      await expect(borrow([WETH], [(await held(WETH)) + 1n])).to.be.revertedWith("BAL#528");
    });

    it("reverts BAL#515 when one unit is missing from the repayment", async () => {
      await expect(borrow([WETH], [10n ** 15n], { delta: -1n })).to.be.revertedWith("BAL#515");
    });

    it("keeps what is repaid beyond the debt, for its collector", async () => {
      await setTokenBalance(chain(), WETH, borrower.target as string, 10n ** 18n);
      const [inVault, inCollector] = [await held(WETH), await erc20(WETH, trader).balanceOf(BALANCER_FEES_COLLECTOR)];
      await borrow([WETH], [10n ** 15n], { delta: 123n });
      const fee: bigint = await borrower.getFunction("charged")();
      expect(await held(WETH)).to.equal(inVault);
      expect(await erc20(WETH, trader).balanceOf(BALANCER_FEES_COLLECTOR)).to.equal(inCollector + fee + 123n);
    });

    it("reverts BAL#400 when a swap or another loan runs inside a loan", async () => {
      const swapInside = vaultAbi.encodeFunctionData("swap", [
        ...swapArguments(weighted, { tokenIn: WETH, tokenOut: USDCe, amountIn: 1n }, borrower.target as string),
      ]);
      await expect(borrow([WETH], [10n ** 15n], { inner: swapInside })).to.be.revertedWith("BAL#400");
      const loanInside = loan([USDCe], [1n]);
      await expect(borrow([WETH], [10n ** 15n], { inner: loanInside })).to.be.revertedWith("BAL#400");
    });
  });

  it("numbers its pools by the storage slot that the localnet sets", async () => {
    const nonce = BigInt(await chain().ethers.provider.getStorage(vaultAddress, NEXT_POOL_NONCE_SLOT));
    const created = await createPool(chain(), trader, {
      name: "StablePool of 2021",
      symbols: ["USDC", "USDT"],
      amounts: [10n ** 12n, 10n ** 12n],
      ...stable2021(50n),
    });
    expect(BigInt(dataSlice(created.id, 22))).to.equal(nonce);
  });

  describe("stopping a pool", () => {
    const [, , composable] = poolIds as [string, string, string];
    const notHere = isFork ? " (skipped: on a fork the authorizer's admin and the pause windows are not ours)" : "";

    (isFork ? it.skip : it)(`makes its swaps revert BAL#402${notHere}`, async () => {
      const [owner] = (await chain().ethers.getSigners()) as [HardhatEthersSigner];
      const authorizer = new Contract(BALANCER_AUTHORIZER, artifactOf("20210418-authorizer", "Authorizer").abi, owner);
      const pool = new Contract(
        dataSlice(composable, 0, 20),
        artifactOf("20230206-composable-stable-pool-v3", "ComposableStablePool").abi,
        owner,
      );
      const action: string = await pool.getFunction("getActionId")(dataSlice(id("pause()"), 0, 4));
      await authorizer.getFunction("grantRole")(action, owner.address);
      await pool.getFunction("pause")();
      const usdc = { tokenIn: USDC, tokenOut: USDCe, amountIn: 10n ** 6n };
      await expect(doSwap()(...swap(composable, usdc))).to.be.revertedWith("BAL#402");
    });
  });
});
