import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, Contract, dataSlice, getCreate2Address, id, keccak256 } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type AlgebraDeployment, deploymentsOf, tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { algebra } from "../../bot/venues/algebra.ts";
import { publishedCreation } from "../../localnet/localnet.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { setTokenBalance } from "../support/fund.ts";
import { addPositions, surround } from "../support/positions.ts";
import { readerAt } from "../support/reader.ts";

const routerAbi = [
  "function exactInputSingle((address tokenIn, address tokenOut, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice) params) payable returns (uint256 amountOut)",
  "function factory() view returns (address)",
  "function poolDeployer() view returns (address)",
];

const token = (symbol: string) => tokenOf(arbitrum, symbol).address;

function deploymentOf(name: string): AlgebraDeployment {
  const found = deploymentsOf(arbitrum, "algebra").find((deployment) => deployment.name === name);
  if (found === undefined) throw new Error(`No Algebra deployment ${name}.`);
  return found;
}

const zyberswap = deploymentOf("Zyberswap V3");
const camelot = deploymentOf("Camelot V3");

/** Pools that exist on Arbitrum One. */
const zyberswapPools: readonly (readonly [string, string, string])[] = [
  ["WETH", "USDC.e", "0x308C5B91F63307439FDB51a9fA4Dfc979E2ED6B0"],
  ["USDC", "USDC.e", "0xB959E3dAC4d114b1479B80A49E9fDEE43dDf71e9"],
  ["WBTC", "USDC.e", "0x8Db6CF8E8ec31fcdDb9C36E2BEcB20019b85Ce37"],
  ["ARB", "WETH", "0x12EEBA3023f272E0e477eb56204E405eC092D609"],
  ["USDC.e", "USDT", "0x941F4ac07d2526258FC9A07a6C9a23715968B419"],
];

const camelotPairs: readonly (readonly [string, string])[] = [
  ["WETH", "USDC"],
  ["WETH", "USDC.e"],
  ["ARB", "WETH"],
  ["WBTC", "WETH"],
  ["USDC", "USDT"],
];

const recipient = "0x00000000000000000000000000000000000A11cE";
const single = "exactInputSingle";
const never = 2n ** 256n - 1n;

describe("Algebra", () => {
  const chain = useArbitrum();

  async function poolOf(deployment: AlgebraDeployment, a: string, b: string): Promise<string> {
    const abi = ["function poolByPair(address, address) view returns (address)"];
    return new Contract(deployment.factory, abi, chain().ethers.provider).getFunction("poolByPair")(token(a), token(b));
  }

  async function stateOf(pool: string): Promise<{ readonly tick: number; readonly liquidity: bigint }> {
    const { provider } = chain().ethers;
    // The tick is the second word in every layout of globalState.
    const words = await provider.call({ to: pool, data: id("globalState()").slice(0, 10) });
    const tick = Number(BigInt.asIntN(256, BigInt(dataSlice(words, 32, 64))));
    const contract = new Contract(pool, ["function liquidity() view returns (uint128)"], provider);
    return { tick, liquidity: await contract.getFunction("liquidity")() };
  }

  /** Gives a trader 1,000 units of whole WETH and an allowance, and returns the router in the trader's name. */
  async function routerFor(deployment: AlgebraDeployment): Promise<Contract> {
    const [, trader] = await chain().ethers.getSigners();
    if (trader === undefined) throw new Error("The network has too few accounts.");
    await setTokenBalance(chain(), token("WETH"), trader.address, 10n ** 21n);
    const erc20 = new Contract(token("WETH"), ["function approve(address, uint256) returns (bool)"], trader);
    await (await erc20.getFunction("approve")(deployment.router, never)).wait();
    return new Contract(deployment.router, routerAbi, trader);
  }

  const swap = (change: Record<string, unknown> = {}) => ({
    tokenIn: token("WETH"),
    tokenOut: token("USDC.e"),
    recipient,
    deadline: never,
    amountIn: 10n ** 15n,
    amountOutMinimum: 0n,
    limitSqrtPrice: 0n,
    ...change,
  });

  describe("Zyberswap V3", () => {
    it("runs the published pool, whose init code hash derives Zyberswap's pools", () => {
      const { bytecode } = publishedCreation(
        "@cryptoalgebra/v1-core/artifacts/contracts/AlgebraPool.sol/AlgebraPool.json",
      );
      const hash = keccak256(bytecode);
      expect(hash, "init code hash").to.equal("0x6ec6c9c8091d160c0aa74b2b14ba9c1717e95093bd3ac085cee99a49aab294a4");
      for (const [a, b, address] of zyberswapPools) {
        const pair = [token(a), token(b)].sort((x, y) => (BigInt(x) < BigInt(y) ? -1 : 1));
        const salt = keccak256(AbiCoder.defaultAbiCoder().encode(["address", "address"], pair));
        expect(getCreate2Address(zyberswap.poolDeployer, salt, hash), `${a}/${b}`).to.equal(address);
      }
    });

    for (const [a, b, address] of zyberswapPools) {
      it(`has the ${a}/${b} pool at ${address}`, async () => {
        expect(await poolOf(zyberswap, a, b)).to.equal(address);
      });
    }

    it("answers globalState with one fee and a community fee for each token", async () => {
      const abi = [
        "function globalState() view returns (uint160 price, int24 tick, uint16 fee, uint16 timepointIndex, uint8 communityFeeToken0, uint8 communityFeeToken1, bool unlocked)",
        "function tickSpacing() view returns (int24)",
      ];
      const pool = new Contract(await poolOf(zyberswap, "WETH", "USDC.e"), abi, chain().ethers.provider);
      const { price, fee, unlocked } = await pool.getFunction("globalState")();
      expect(price > 0n, "price").to.equal(true);
      expect(fee >= 1n && fee <= 65_535n, `fee ${fee}`).to.equal(true);
      expect(unlocked, "unlocked").to.equal(true);
      expect(await pool.getFunction("tickSpacing")(), "tick spacing").to.equal(60n);
    });
  });

  describe("Camelot V3", () => {
    for (const [a, b] of camelotPairs) {
      it(`has a ${a}/${b} pool`, async () => {
        expect(await chain().ethers.provider.getCode(await poolOf(camelot, a, b))).to.not.equal("0x");
      });
    }

    it("answers globalState with the previous tick and one fee, and holds limit orders, as the generation after the real one does", async function () {
      if (isFork) {
        process.stdout.write("      skipped: on a fork, Camelot V3 is Algebra 1.9 with a fee for each direction\n");
        return this.skip();
      }
      const address = await poolOf(camelot, "WETH", "USDC");
      const abi = [
        "function globalState() view returns (uint160 price, int24 tick, int24 prevInitializedTick, uint16 fee, uint16 timepointIndex, uint8 communityFee, bool unlocked)",
        "function ticks(int24) view returns (uint128 liquidityTotal, int128 liquidityDelta, uint256, uint256, int24 prevTick, int24 nextTick, uint160, uint32, bool hasLimitOrders)",
      ];
      const pool = new Contract(address, abi, chain().ethers.provider);
      const { tick, prevInitializedTick, unlocked } = await pool.getFunction("globalState")();
      expect(unlocked, "unlocked").to.equal(true);
      const { nextTick } = await pool.getFunction("ticks")(prevInitializedTick);
      expect(prevInitializedTick <= tick && tick < nextTick, "between two ticks").to.equal(true);

      const orderTick = Number(nextTick) + 600;
      const order = { bottomTick: orderTick, topTick: orderTick, liquidity: 10n ** 15n };
      await addPositions(chain(), { address, tokens: [token("WETH"), token("USDC")] }, [order]);
      expect((await pool.getFunction("ticks")(orderTick)).hasLimitOrders, "limit orders").to.equal(true);

      // The venue reads that they are there, refuses what reaches them, and quotes what does not.
      const discovered = await algebra.discover(camelot, arbitrum.tokens, readerAt(chain()));
      const known = discovered.find((each) => each.address === address);
      if (known === undefined) throw new Error("The venue does not list the pool.");
      const state = algebra.decode(known, await readerAt(chain()).read(algebra.reads(known)), 0n);
      if (isRefusal(state)) throw new Error(`${state.refused}: ${state.detail}`);
      const buy = (amountIn: bigint) => ({ tokenIn: token("USDC"), tokenOut: token("WETH"), amountIn });
      const far = (state.liquidity * state.sqrtPriceX96) >> 100n;
      expect(algebra.quote(known, state, buy(far))).to.deep.include({
        refused: "beyond-snapshot",
        detail: `limit orders at tick ${orderTick} are not read`,
      });
      expect(isRefusal(algebra.quote(known, state, buy(10n ** 9n))), "short of them").to.equal(false);
    });
  });

  for (const deployment of [zyberswap, camelot]) {
    describe(`the router of ${deployment.name}`, () => {
      before(async () => {
        const address = await poolOf(deployment, "WETH", "USDC.e");
        const { tick, liquidity } = await stateOf(address);
        await surround(chain(), { address, tokens: [token("WETH"), token("USDC.e")] }, tick, liquidity);
      });

      it("names its factory and its pool deployer", async () => {
        const router = new Contract(deployment.router, routerAbi, chain().ethers.provider);
        expect(await router.getFunction("factory")()).to.equal(deployment.factory);
        expect(await router.getFunction("poolDeployer")()).to.equal(deployment.poolDeployer);
      });

      it("swaps exactly what goes in, and pays what it returns", async () => {
        const router = await routerFor(deployment);
        const abi = ["function balanceOf(address) view returns (uint256)"];
        const balanceOf = async (symbol: string, account: string): Promise<bigint> =>
          new Contract(token(symbol), abi, chain().ethers.provider).getFunction("balanceOf")(account);
        const trader = await (router.runner as HardhatEthersSigner).getAddress();
        const before = [await balanceOf("WETH", trader), await balanceOf("USDC.e", recipient)] as const;
        const expected: bigint = await router.getFunction(single).staticCall(swap());
        await (await router.getFunction(single)(swap())).wait();
        expect(before[0] - (await balanceOf("WETH", trader)), "in").to.equal(swap().amountIn);
        expect((await balanceOf("USDC.e", recipient)) - before[1], "out").to.equal(expected);
      });

      it("reverts `Transaction too old` after the deadline", async () => {
        const router = await routerFor(deployment);
        await expect(router.getFunction(single).staticCall(swap({ deadline: 1n }))).to.be.revertedWith(
          "Transaction too old",
        );
      });

      it("reverts `Too little received` below the minimum", async () => {
        const router = await routerFor(deployment);
        const call = router.getFunction(single).staticCall(swap({ amountOutMinimum: 10n ** 30n }));
        await expect(call).to.be.revertedWith("Too little received");
      });

      it("reverts without data where there is no pool", async () => {
        const router = await routerFor(deployment);
        const call = router
          .getFunction(single)
          .staticCall(swap({ tokenOut: "0x000000000000000000000000000000000000dEaD" }));
        await expect(call).to.be.revertedWithoutReason(chain().ethers);
      });

      it("takes recipient zero for itself instead of reverting", async () => {
        const router = await routerFor(deployment);
        const call = swap({ recipient: "0x0000000000000000000000000000000000000000" });
        expect((await router.getFunction(single).staticCall(call)) > 0n).to.equal(true);
      });
    });
  }

  it("reverts an amount of zero with `AS` at Zyberswap", async () => {
    const router = await routerFor(zyberswap);
    await expect(router.getFunction(single).staticCall(swap({ amountIn: 0n }))).to.be.revertedWith("AS");
  });
});
