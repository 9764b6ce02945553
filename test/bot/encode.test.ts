import { expect } from "chai";
import { concat, getAddress, toBeHex } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { VenueName } from "../../bot/config/chains/chain.ts";
import type { Hop } from "../../bot/domain/route.ts";
import { encodeOrder, joinedHops } from "../../bot/pipeline/encode.ts";
import type { BalancerPool } from "../../bot/venues/balancer.ts";
import { reserveRatioLimitDown } from "../../bot/venues/priceLimit.ts";
import { venues } from "../../bot/venues/registry.ts";
import { memoryOrder } from "../support/memoryOrder.ts";

const token = (number: number) => getAddress(toBeHex(number, 20));

/** A hop from one numbered token to another. */
function hop(venue: VenueName, from: number, to: number, deployment: string = venue): Hop {
  const tokens = [token(from), token(to)] as const;
  const pool = { venue, deployment, id: `${venue} ${from} ${to}`, address: token(99), tokens };
  return { pool, tokenIn: tokens[0], tokenOut: tokens[1] };
}

describe("bot: hops through Balancer's vault", () => {
  const joined = (hops: readonly Hop[], amountsIn = hops.map(() => 0n)) => joinedHops({ route: { hops }, amountsIn });

  it("are one hop of the contract where they follow each other", () => {
    const hops = [hop("balancer", 1, 2), hop("balancer", 2, 3), hop("balancer", 3, 4), hop("woofi", 4, 1)];
    expect(joined(hops)).to.deep.equal([[0, 1, 2], [3]]);
  });

  it("stay apart beside another venue, or another vault", () => {
    const hops = [hop("balancer", 1, 2), hop("woofi", 2, 3), hop("balancer", 3, 4), hop("balancer", 4, 1, "other")];
    expect(joined(hops)).to.deep.equal([[0], [1], [2], [3]]);
  });

  it("stay apart where one of them is a share of a split", () => {
    const hops = [hop("balancer", 1, 2), hop("balancer", 2, 3), hop("balancer", 2, 3), hop("balancer", 3, 4)];
    expect(joined(hops, [0n, 5n, 0n, 0n])).to.deep.equal([[0], [1], [2], [3]]);
  });

  it("are no loop: the last of them stays apart", () => {
    const hops = [hop("balancer", 1, 2), hop("balancer", 2, 3), hop("balancer", 3, 1)];
    expect(joined(hops)).to.deep.equal([[0, 1], [2]]);
  });
});

describe("bot: the price limit of an order", () => {
  const e18 = 10n ** 18n;
  const tokens = [token(1), token(2), token(3)];
  const [first, second] = [1, 2].map((number) => poolOf(toBeHex(number, 32))) as [BalancerPool, BalancerPool];

  /** A pool of Balancer of three tokens alike. */
  function poolOf(id: string): BalancerPool {
    return {
      ...{ venue: "balancer", deployment: "Balancer V2", id, address: token(99), vault: token(98), tokens },
      registered: tokens.map((address) => ({ address, scalingFactor: e18 })),
      formula: { kind: "weighted", weights: [e18 / 3n, e18 / 3n, e18 / 3n], powerShortcuts: true },
    };
  }

  /** The data of the hops of an order that earns no less than 5 with 100. */
  function dataOf(hops: readonly Hop[]): readonly string[] {
    const [amount, fee, minProfit] = [100n, 1n, 4n];
    const quotes = hops.map((_, index) => 70n + BigInt(index));
    const order = { ...memoryOrder().order, route: { hops }, amount, fee, minProfit, quotes };
    return encodeOrder({ ...order, amountsIn: hops.map(() => 0n) }, arbitrum, venues).hops.map(({ data }) => data);
  }

  const through = (pool: BalancerPool, from: number, to: number): Hop => ({
    ...{ pool, tokenIn: token(from), tokenOut: token(to) },
  });
  const direct = (from: number, to: number) => hop("uniswapV3", from, to, "Uniswap V3");

  it("is the last hop's, for what the order owes and its least profit, by the quote of the hop before", () => {
    const swap = { tokenIn: token(3), tokenOut: token(1), amountIn: 71n };
    const limit = toBeHex(reserveRatioLimitDown(swap, 105n), 20);
    const hops = [direct(1, 2), direct(2, 3), through(first, 3, 1)];
    expect(dataOf(hops)).to.deep.equal(["0x", "0x", concat([first.id, limit])]);
  });

  it("is none where pools of Balancer in a row are the last hop", () => {
    const hops = [direct(1, 2), through(first, 2, 3), through(second, 3, 1)];
    expect(dataOf(hops)).to.deep.equal(["0x", concat([first.id, token(3), second.id]).toLowerCase()]);
  });

  it("is none of a pool that the order passes before, and whose price it moves itself", () => {
    expect(dataOf([through(first, 1, 2), direct(2, 3), through(first, 3, 1)])).to.deep.equal([
      ...[first.id, "0x", first.id],
    ]);
  });
});
