import { expect } from "chai";
import { Contract, MaxUint256 } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { deploymentsOf } from "../../../bot/config/chains/chain.ts";
import { isRefusal, type Quote } from "../../../bot/domain/quote.ts";
import { type SolidlyPool, type SolidlyState, solidly } from "../../../bot/venues/solidly.ts";
import type { Swap } from "../../../bot/venues/venue.ts";
import { useArbitrum } from "../../support/arbitrum.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";

const routerAbi = [
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, (address from, address to, bool stable)[] routes, address to, uint256 deadline) returns (uint256[] amounts)",
  "function addLiquidity(address tokenA, address tokenB, bool stable, uint256 amountADesired, uint256 amountBDesired, uint256 amountAMin, uint256 amountBMin, address to, uint256 deadline) returns (uint256 amountA, uint256 amountB, uint256 liquidity)",
];
const erc20Abi = [
  "function balanceOf(address account) view returns (uint256)",
  "function approve(address spender, uint256 amount) returns (bool)",
];
const plenty = 10n ** 30n;

for (const deployment of deploymentsOf(arbitrum, "solidly"))
  describe(`the Solidly venue on ${deployment.name}`, () => {
    const chain = useArbitrum();
    let trader: string;
    let router: Contract;
    let pools: readonly SolidlyPool[];

    before(async () => {
      const [signer] = await chain().ethers.getSigners();
      if (signer === undefined) throw new Error("The network has no accounts.");
      trader = signer.address;
      router = new Contract(deployment.router, routerAbi, signer);
      pools = await solidly.discover(deployment, arbitrum.tokens, readerAt(chain()));
      for (const { address } of arbitrum.tokens) {
        await setTokenBalance(chain(), address, trader, plenty);
        await new Contract(address, erc20Abi, signer).getFunction("approve")(deployment.router, MaxUint256);
      }
    });

    async function readState(pool: SolidlyPool): Promise<SolidlyState> {
      const block = await chain().ethers.provider.getBlock("latest");
      if (block === null) throw new Error("The chain has no block.");
      const results = await readerAt(chain(), block.number).read(solidly.reads(pool));
      const state = solidly.decode(pool, results, BigInt(block.timestamp));
      if (isRefusal(state)) throw new Error(`${pool.address}: ${state.detail}`);
      return state;
    }

    function swapOnChain(pool: SolidlyPool, { tokenIn, tokenOut, amountIn }: Swap) {
      const routes = [{ from: tokenIn, to: tokenOut, stable: pool.stable }];
      return router.getFunction("swapExactTokensForTokens")(amountIn, 0n, routes, trader, MaxUint256);
    }

    async function balanceOf(token: string): Promise<bigint> {
      return new Contract(token, erc20Abi, chain().ethers.provider).getFunction("balanceOf")(trader);
    }

    /** Swaps through the router and compares what arrives with the quote; returns whether the pool gave a quote. */
    async function compare(pool: SolidlyPool, swap: Swap): Promise<boolean> {
      const quoted: Quote = solidly.quote(pool, await readState(pool), swap);
      const label = `${swap.amountIn} of ${swap.tokenIn} in ${pool.address}`;
      if (isRefusal(quoted)) {
        const reason = await swapOnChain(pool, swap).then(
          () => "paid",
          () => "reverted",
        );
        expect(reason, `${label}, refused: ${quoted.refused}, ${quoted.detail}`).to.equal("reverted");
        return false;
      }
      const before = await balanceOf(swap.tokenOut);
      await swapOnChain(pool, swap);
      expect((await balanceOf(swap.tokenOut)) - before, label).to.equal(quoted);
      return true;
    }

    /** Draws a swap: half of them from dust to three times the reserve, half up to a hundredth of it. */
    async function draw(pool: SolidlyPool, random: Random): Promise<Swap> {
      const { reserves } = await readState(pool);
      const zeroForOne = random.pick([true, false]);
      const [tokenIn, tokenOut] = zeroForOne ? pool.tokens : [pool.tokens[1], pool.tokens[0]];
      const reserveIn = zeroForOne ? reserves[0] : reserves[1];
      const top = random.pick([
        3n * reserveIn,
        reserveIn / 100n + 1n,
        10n ** random.bigint(0n, BigInt(reserveIn.toString().length)),
      ]);
      return { tokenIn, tokenOut, amountIn: random.bigint(1n, top) };
    }

    /** Returns the pools of one curve that hold something, after adding liquidity to those that hold little. */
    async function liquidPools(stable: boolean): Promise<readonly SolidlyPool[]> {
      const liquid: SolidlyPool[] = [];
      for (const pool of pools.filter((candidate) => candidate.stable === stable)) {
        const { reserves } = await readState(pool);
        if (reserves[0] === 0n || reserves[1] === 0n) continue;
        const scarce = reserves[0] < pool.units[0] || reserves[1] < pool.units[1];
        if (scarce) {
          const [a, b] = pool.tokens;
          const desired = reserves.map((reserve) => reserve * 1_000_000n);
          await router.getFunction("addLiquidity")(a, b, stable, ...desired, 0n, 0n, trader, MaxUint256);
        }
        liquid.push(pool);
      }
      return liquid;
    }

    for (const { stable, seed } of [
      { stable: false, seed: 1 },
      { stable: true, seed: 2 },
    ]) {
      const curve = stable ? "stable" : "volatile";
      it(`quotes 150 random swaps of ${curve} pairs, one after the other, to the wei of what the router pays`, async function () {
        const random = seededRandom(seed);
        const liquid = await liquidPools(stable);
        if (liquid.length === 0) {
          this.skip(); // only a fork can be without
        }
        const directions = new Set<string>();
        let paid = 0;
        for (let count = 0; count < 150; count++) {
          const pool = random.pick(liquid);
          const swap = await draw(pool, random);
          if (await compare(pool, swap)) {
            paid++;
            directions.add(`${pool.address} ${swap.tokenIn}`);
          }
        }
        expect(paid, "swaps that were paid").to.be.greaterThan(100);
        expect(directions.size, "pairs and directions").to.equal(2 * liquid.length);
      });
    }
  });
