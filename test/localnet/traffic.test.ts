import { expect } from "chai";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, type Token, type VenueName, venueNames } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { venueOf, venues } from "../../bot/venues/registry.ts";
import type { Pool, Venue } from "../../bot/venues/venue.ts";
import { createArbitrum } from "../../localnet/arbitrum.ts";
import { feedOf } from "../../localnet/chainlink.ts";
import { contractAt, type Localnet } from "../../localnet/localnet.ts";
import { tokens, unitsWorth } from "../../localnet/market.ts";
import { readerAt } from "../../localnet/multicall.ts";
import { createTraffic, type Round, type Traffic } from "../../localnet/traffic.ts";

/** A pool's quotes at one block. */
interface Quoted {
  readonly venue: Venue;
  readonly pool: Pool;
  readonly state: unknown;
}

const probeUsd = 1_000n;

// These tests concern the localnet's own process, so they build one, on a fork as well.
describe("traffic", () => {
  let localnet: Localnet;
  let traffic: Traffic;
  const rounds: Round[] = [];
  /** By round, the best return of a two-hop route of $1k in 1/10000, for each venue that it passes. */
  const spreadsBps: ReadonlyMap<VenueName, bigint>[] = [];

  before(async function () {
    this.timeout(120_000);
    localnet = await createArbitrum();
    traffic = await createTraffic(localnet, { seed: 7 });
    const pools = await discoverAll();
    for (let round = 0; round < 40; round++) {
      rounds.push(await traffic.step());
      if (round % 4 === 3) spreadsBps.push(bestReturnsBps(await quoteAll(pools)));
    }
  });

  after(async () => {
    await localnet.connection.close();
  });

  async function discoverAll(): Promise<readonly Omit<Quoted, "state">[]> {
    const reader = readerAt(localnet.connection);
    const found: Omit<Quoted, "state">[] = [];
    for (const name of venueNames) {
      const venue = venueOf(venues, name);
      for (const deployment of deploymentsOf(arbitrum, name)) {
        const pools = await venue.discover(deployment, tokens, reader);
        found.push(...pools.map((pool) => ({ venue, pool })));
      }
    }
    return found;
  }

  async function quoteAll(pools: readonly Omit<Quoted, "state">[]): Promise<readonly Quoted[]> {
    const block = await localnet.connection.ethers.provider.getBlock("latest");
    if (block === null) throw new Error("The localnet has no block.");
    const reader = readerAt(localnet.connection, block.number);
    return Promise.all(
      pools.map(async ({ venue, pool }) => {
        const state = venue.decode(pool, await reader.read(venue.reads(pool)), BigInt(block.timestamp));
        return { venue, pool, state };
      }),
    );
  }

  function swap({ venue, pool, state }: Quoted, tokenIn: Token, tokenOut: Token, amountIn: bigint): bigint {
    if (isRefusal(state) || amountIn === 0n) return 0n;
    const out = venue.quote(pool, state, { tokenIn: tokenIn.address, tokenOut: tokenOut.address, amountIn });
    return isRefusal(out) ? 0n : out;
  }

  function bestReturnsBps(quoted: readonly Quoted[]): ReadonlyMap<VenueName, bigint> {
    const best = new Map<VenueName, bigint>();
    for (const tokenIn of tokens) {
      const amountIn = unitsWorth(tokenIn, probeUsd);
      for (const tokenOut of tokens) {
        const trading = quoted.filter(({ pool }) =>
          [tokenIn, tokenOut].every(({ address }) => pool.tokens.includes(address)),
        );
        if (tokenIn === tokenOut) continue;
        for (const first of trading) {
          const middle = swap(first, tokenIn, tokenOut, amountIn);
          for (const second of trading) {
            if (first === second) continue;
            const out = swap(second, tokenOut, tokenIn, middle);
            const returnBps = ((out - amountIn) * 10_000n) / amountIn;
            for (const { venue } of [first, second]) {
              const known = best.get(venue.name);
              if (known === undefined || known < returnBps) best.set(venue.name, returnBps);
            }
          }
        }
      }
    }
    return best;
  }

  it("draws the same rounds for the same seed, whatever else happens on the chain", async function () {
    this.timeout(60_000);
    const other = await createArbitrum();
    const again = await createTraffic(other, { seed: 7 });
    for (const round of rounds.slice(0, 8)) {
      // Somebody else's transaction between the rounds.
      await other.owner.sendTransaction({ to: other.owner });
      expect(drawnIn(await again.step())).to.deep.equal(drawnIn(round));
    }
    await other.connection.close();
  });

  it("draws other rounds for another seed", async () => {
    const other = await createTraffic(localnet, { seed: 8 });
    expect(drawnIn(await other.step())).to.not.deep.equal(drawnIn(rounds[0]));
  });

  /** What a round drew, without how it went. */
  function drawnIn(round: Round | undefined) {
    return {
      moves: round?.moves.map(({ token, priceE8 }) => [token.symbol, priceE8]),
      swaps: round?.swaps.map(({ pool, tokenIn, tokenOut, amountIn }) => [pool.id, tokenIn, tokenOut, amountIn]),
    };
  }

  it("swaps through the routers of all venues without a failure", () => {
    const swaps = rounds.flatMap((round) => round.swaps);
    expect(swaps.filter(({ failure }) => failure !== undefined)).to.deep.equal([]);
    expect([...new Set(swaps.map(({ pool }) => pool.venue))].sort()).to.deep.equal([...venueNames].sort());
  });

  for (const name of venueNames) {
    it(`opens spreads between ${name} and another pool: a return of 10 to 500 basis points in most rounds`, () => {
      const open = spreadsBps.filter((best) => (best.get(name) ?? 0n) >= 10n);
      expect(open.length, "rounds with a spread").to.be.greaterThan(spreadsBps.length / 2);
      for (const best of open) expect(best.get(name)).to.be.lessThan(500n);
    });
  }

  it("moves reference prices by at most half a percent, in the feeds as in WOOFi's oracle", async () => {
    const moved = new Map(rounds.flatMap(({ moves }) => moves.map(({ token, priceE8 }) => [token, priceE8] as const)));
    expect(moved.size, "tokens that moved").to.be.greaterThan(0);
    const [woofi] = deploymentsOf(arbitrum, "woofi");
    if (woofi === undefined) throw new Error("The chain file lists no deployment of WOOFi.");
    await traffic.step();
    const feedAbi = ["function latestAnswer() view returns (int256)"];
    const oracleAbi = [
      "function state(address) view returns ((uint128 price, uint64 spread, uint64 coeff, bool feasible))",
    ];
    for (const token of moved.keys()) {
      const feed = contractAt(localnet, feedOf(token.address).address, feedAbi);
      const answer: bigint = await feed.getFunction("latestAnswer")();
      const { price, feasible } = await contractAt(localnet, woofi.oracle, oracleAbi).getFunction("state")(
        token.address,
      );
      expect(feasible, `WOOFi trades ${token.symbol}`).to.equal(true);
      // A swap of this round may have moved WOOFi's own price.
      expect(price).to.be.within((answer * 995n) / 1_000n, (answer * 1_005n) / 1_000n);
    }
  });

  it("tells why a swap failed, and goes on", async function () {
    this.timeout(60_000);
    const [woofi] = deploymentsOf(arbitrum, "woofi");
    if (woofi === undefined) throw new Error("The chain file lists no deployment of WOOFi.");
    const { provider } = localnet.connection;
    await provider.request({ method: "hardhat_setCode", params: [woofi.router, "0xfe"] });
    const failures: (string | undefined)[] = [];
    for (let round = 0; round < 100 && failures.length === 0; round++) {
      const { swaps } = await traffic.step();
      failures.push(...swaps.filter(({ pool }) => pool.venue === "woofi").map(({ failure }) => failure));
      for (const { pool, failure } of swaps) {
        if (pool.venue !== "woofi") expect(failure).to.equal(undefined);
      }
    }
    expect(failures[0])
      .to.be.a("string")
      .and.match(/invalid opcode|revert/i);
  });

  it("holds the base fee at Arbitrum's floor", async () => {
    const block = await localnet.connection.ethers.provider.getBlock("latest");
    expect(block?.baseFeePerGas).to.equal(10_000_000n);
  });
});
