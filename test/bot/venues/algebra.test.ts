import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { Contract, dataSlice, id, ZeroAddress } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { type Address, type AlgebraDeployment, deploymentsOf } from "../../../bot/config/chains/chain.ts";
import { isRefusal, type Refusal } from "../../../bot/domain/quote.ts";
import { type AlgebraPool, type AlgebraState, algebra, rediscover } from "../../../bot/venues/algebra.ts";
import { boundsOf } from "../../../bot/venues/tickTable.ts";
import type { Swap } from "../../../bot/venues/venue.ts";
import { useArbitrum } from "../../support/arbitrum.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { addPositions, surround, tickSpacingOf } from "../../support/positions.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";

const routerAbi = [
  "function exactInputSingle((address tokenIn, address tokenOut, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice) params) payable returns (uint256 amountOut)",
];
const erc20Abi = [
  "function balanceOf(address account) view returns (uint256)",
  "function approve(address spender, uint256 amount) returns (bool)",
];

const never = 2n ** 256n - 1n;
const recipient = "0x00000000000000000000000000000000000A11cE";
const casesPerDeployment = 130;

describe("algebra venue", () => {
  const chain = useArbitrum();
  let trader: HardhatEthersSigner;

  before(async () => {
    const [, account] = await chain().ethers.getSigners();
    if (account === undefined) throw new Error("The network has too few accounts.");
    trader = account;
    for (const { address } of arbitrum.tokens) {
      await setTokenBalance(chain(), address, trader.address, 2n ** 110n);
      const approve = new Contract(address, erc20Abi, trader).getFunction("approve");
      for (const { router } of deploymentsOf(arbitrum, "algebra")) await (await approve(router, never)).wait();
    }
  });

  /** Reads the pool at the newest block, through the venue. */
  async function stateOf(pool: AlgebraPool): Promise<AlgebraState | Refusal> {
    const block = await chain().ethers.provider.getBlock("latest");
    if (block === null) throw new Error("The chain has no newest block.");
    const results = await readerAt(chain(), block.number).read(algebra.reads(pool));
    return algebra.decode(pool, results, BigInt(block.timestamp));
  }

  async function readableStateOf(pool: AlgebraPool): Promise<AlgebraState> {
    const state = await stateOf(pool);
    if (isRefusal(state)) throw new Error(`${pool.address}: ${state.refused}, ${state.detail}`);
    return state;
  }

  /** Swaps through the router in a block of the newest block's timestamp, and returns what was paid. */
  async function swapNow(deployment: AlgebraDeployment, { tokenIn, tokenOut, amountIn }: Swap): Promise<bigint> {
    const { networkHelpers, ethers } = chain();
    const balanceOf = new Contract(tokenOut, erc20Abi, ethers.provider).getFunction("balanceOf");
    const before: bigint = await balanceOf(recipient);
    const router = new Contract(deployment.router, routerAbi, trader);
    const params = [tokenIn, tokenOut, recipient, never, amountIn, 0n, 0n];
    await networkHelpers.time.setNextBlockTimestamp(await networkHelpers.time.latest());
    await (await router.getFunction("exactInputSingle")(params, { gasLimit: 10_000_000n })).wait();
    return (await balanceOf(recipient)) - before;
  }

  async function tickOf({ address }: AlgebraPool): Promise<number> {
    const data = await chain().ethers.provider.call({ to: address, data: id("globalState()").slice(0, 10) });
    return Number(BigInt.asIntN(256, BigInt(dataSlice(data, 32, 64))));
  }

  /** Lets time pass and closes it with an empty block. */
  async function wait(seconds: bigint): Promise<void> {
    await chain().networkHelpers.time.increase(seconds);
  }

  /** Returns the deployment's pools that have a price, each with a few narrow positions more than it had. */
  async function livePools(deployment: AlgebraDeployment): Promise<readonly AlgebraPool[]> {
    const live: AlgebraPool[] = [];
    for (const pool of await algebra.discover(deployment, arbitrum.tokens, readerAt(chain()))) {
      const state = await stateOf(pool);
      // No room for positions on both sides where someone drove an empty pool to the end of its prices.
      if (isRefusal(state) || Math.abs(state.tick) > 800_000) continue;
      await surround(chain(), pool, state.tick, state.liquidity);
      live.push(await rediscover(pool, readerAt(chain())));
    }
    return live;
  }

  /** Returns an amount that moves the price by 2^-2 to 2^-40 of itself: half of them far, the others at any scale. */
  function amountOf(random: Random, { sqrtPriceX96, liquidity }: AlgebraState, zeroToOne: boolean): bigint {
    const whole = zeroToOne ? (liquidity << 96n) / sqrtPriceX96 : (liquidity * sqrtPriceX96) >> 96n;
    const upTo = whole >> random.pick([random.bigint(2n, 6n), random.bigint(4n, 40n)]);
    return random.bigint(1n, upTo > 1n ? upTo : 1n);
  }

  function randomSwap(random: Random, pool: AlgebraPool, state: AlgebraState, home = state.tick): Swap {
    // Mostly back to where the liquidity is, when an earlier swap led away from it.
    const back = state.tick > home;
    const zeroToOne = random.pick(Math.abs(state.tick - home) > 300 ? [back, back, back, !back] : [true, false]);
    const [token0, token1] = tokensOf(pool);
    const [tokenIn, tokenOut] = zeroToOne ? [token0, token1] : [token1, token0];
    return { tokenIn, tokenOut, amountIn: amountOf(random, state, zeroToOne) };
  }

  for (const [index, deployment] of deploymentsOf(arbitrum, "algebra").entries()) {
    describe(deployment.name, () => {
      let pools: readonly AlgebraPool[];

      before(async function () {
        this.timeout(240_000);
        pools = await livePools(deployment);
      });

      it("lists pools of the chain's tokens, each with a known layout and ticks around its price", async () => {
        expect(pools.length, "pools").to.be.greaterThan(0);
        for (const pool of pools) {
          expect(pool.layout, pool.address).to.not.equal("unknown");
          const { tick } = await readableStateOf(pool);
          const { lower, upper } = boundsOf(pool.table);
          expect(tick, pool.address).to.be.within(lower, upper);
          expect(pool.table.ticks.length, pool.address).to.be.greaterThan(7);
        }
      });

      it(`quotes ${casesPerDeployment} random swaps to the wei while others move the pools and time passes`, async function () {
        this.timeout(240_000);
        const random = seededRandom(20_260 + index);
        const current = new Map(pools.map((pool) => [pool.id, pool]));
        const homes = new Map<string, number>();
        const seen = { fees: new Set<bigint>(), directions: new Set<boolean>(), still: 0, crossing: 0, mostCrossed: 0 };
        let compared = 0;
        for (let tries = 0; compared < casesPerDeployment && tries < 20 * casesPerDeployment; tries++) {
          const pool = random.pick([...current.values()]);
          const state = await stateOf(pool);
          if (isRefusal(state)) {
            expect(state.refused, state.detail).to.equal("beyond-snapshot");
            current.set(pool.id, await rediscover(pool, readerAt(chain())));
            continue;
          }
          const home = homes.get(pool.id) ?? state.tick;
          homes.set(pool.id, home);
          const swap = randomSwap(random, pool, state, home);
          const quoted = algebra.quote(pool, state, swap);
          if (isRefusal(quoted)) {
            expect(quoted.refused, quoted.detail).to.be.oneOf(["beyond-snapshot", "zero-output"]);
            continue;
          }
          const paid = await swapNow(deployment, swap);
          expect(paid, `case ${compared}: ${swap.amountIn} of ${swap.tokenIn} into ${pool.address}`).to.equal(quoted);
          compared += 1;
          const crossed = ticksBetween(pool, state.tick, await tickOf(pool));
          const zeroToOne = swap.tokenIn === pool.tokens[0];
          seen.fees.add((zeroToOne ? state.feeZeroToOne : state.feeOneToZero) ?? 0n);
          seen.directions.add(zeroToOne);
          seen.still += crossed === 0 ? 1 : 0;
          seen.crossing += crossed > 0 ? 1 : 0;
          seen.mostCrossed = Math.max(seen.mostCrossed, crossed);
          // The next case finds the block of this swap, or one in which the fee is computed anew.
          if (random.pick([true, true, false])) await wait(random.pick([1n, 15n, 300n, 3_600n, 30_000n]));
        }
        expect(compared, "cases").to.equal(casesPerDeployment);
        expect(seen.directions.size, "directions").to.equal(2);
        expect(seen.still, "cases that cross no tick").to.be.greaterThan(20);
        expect(seen.crossing, "cases that cross ticks").to.be.greaterThan(20);
        expect(seen.mostCrossed, "ticks crossed by one swap").to.be.greaterThan(4);
        expect(seen.fees.size, "different fees").to.be.greaterThan(3);
      });

      it("refuses a state with a tick that was not known, until the pool is rediscovered", async () => {
        const [pool] = pools;
        if (pool === undefined) throw new Error("no pool");
        const { ticks } = pool.table;
        const spacing = await tickSpacingOf(chain(), pool);
        const { tick, liquidity } = await readableStateOf(pool);
        let bottomTick = Math.floor(tick / spacing) * spacing;
        while (ticks.includes(bottomTick)) bottomTick -= spacing;
        const topTick = ticks.find((each) => each > tick) ?? tick;
        await addPositions(chain(), pool, [{ bottomTick, topTick, liquidity }]);
        const refused = await stateOf(pool);
        expect(isRefusal(refused) && refused.refused).to.equal("beyond-snapshot");
        const again = await rediscover(pool, readerAt(chain()));
        expect(again.table.ticks).to.deep.equal([...ticks, bottomTick].sort((a, b) => a - b));
        const swap = randomSwap(seededRandom(7), again, await readableStateOf(again));
        const quoted = algebra.quote(again, await readableStateOf(again), swap);
        expect(await swapNow(deployment, swap)).to.equal(quoted);
      });

      it("refuses a state whose price left the window, until the pool is rediscovered", async () => {
        const [pool] = pools;
        if (pool === undefined) throw new Error("no pool");
        const [token0, token1] = tokensOf(pool);
        const { sqrtPriceX96, liquidity } = await readableStateOf(pool);
        const amountIn = ((liquidity << 96n) / sqrtPriceX96) * 20n;
        await swapNow(deployment, { tokenIn: token0, tokenOut: token1, amountIn });
        const refused = await stateOf(pool);
        expect(isRefusal(refused) && refused.refused).to.equal("beyond-snapshot");
        const again = await rediscover(pool, readerAt(chain()));
        const state = await readableStateOf(again);
        const swap = { tokenIn: token1, tokenOut: token0, amountIn: (state.liquidity * state.sqrtPriceX96) >> 110n };
        expect(await swapNow(deployment, swap)).to.equal(algebra.quote(again, state, swap));
      });

      it("quotes what the pool pays when the community takes its share of the fee", async () => {
        const [pool] = pools;
        if (pool === undefined) throw new Error("no pool");
        await takeCommunityFee(deployment, pool);
        const random = seededRandom(41);
        for (let i = 0; i < 5; i++) {
          const state = await readableStateOf(pool);
          const swap = { ...randomSwap(random, pool, state), amountIn: (state.liquidity * state.sqrtPriceX96) >> 116n };
          const quoted = algebra.quote(pool, state, swap);
          if (isRefusal(quoted)) continue;
          expect(await swapNow(deployment, swap)).to.equal(quoted);
        }
      });
    });
  }

  /** Has the factory's owner set the highest community fee. */
  async function takeCommunityFee(deployment: AlgebraDeployment, pool: AlgebraPool): Promise<void> {
    const { ethers, networkHelpers } = chain();
    const owner = new Contract(deployment.factory, ["function owner() view returns (address)"], ethers.provider);
    const signer = await ethers.getImpersonatedSigner(await owner.getFunction("owner")());
    await networkHelpers.setBalance(signer.address, 10n ** 18n);
    const one = pool.layout === "linkedTicks";
    const types = one ? ["uint8"] : ["uint8", "uint8"];
    const contract = new Contract(pool.address, [`function setCommunityFee(${types.join(",")})`], signer);
    await (await contract.getFunction("setCommunityFee")(...types.map(() => 250n))).wait();
  }
});

function tokensOf({ tokens }: AlgebraPool): readonly [Address, Address] {
  const [token0, token1] = tokens;
  return [token0 ?? ZeroAddress, token1 ?? ZeroAddress];
}

function ticksBetween({ table }: AlgebraPool, a: number, b: number): number {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  return table.ticks.filter((tick) => tick > low && tick <= high).length;
}
