import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, type Contract, getAddress } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf } from "../../../bot/config/chains/chain.ts";
import { isRefusal, refuse } from "../../../bot/domain/quote.ts";
import { type BalancerPool, type BalancerState, balancer } from "../../../bot/venues/balancer.ts";
import type { Log, Swap } from "../../../bot/venues/venue.ts";
import { type Connection, useArbitrum } from "../../support/arbitrum.ts";
import {
  type CreatedPool,
  composable,
  createPool,
  type FreshPool,
  metaStable2021,
  rateCacheSeconds,
  stable2021,
  swapArguments,
  vaultAddress,
  vaultOf,
  weighted,
  weighted2021,
} from "../../support/balancer.ts";
import { erc20 } from "../../support/erc20.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";
import vectors from "../../vectors/balancer.json" with { type: "json" };

const ONE = 10n ** 18n;

describe("the balancer venue against recorded pools", () => {
  // Left out of the recorded states: exact-output swaps and swaps against a pool's own token, which the venue does not
  // quote, and two states whose scaling factors no pool of the vault can have.
  for (const [index, vector] of vectors.entries()) {
    const name = vector.pool ?? vector.source.test;
    it(`record ${index}: ${vector.swaps.length} quotes of the ${vector.kind} pool ${name} equal the recorded outputs`, () => {
      const tokens = vector.tokens.map(getAddress);
      const pool = recordedPool(vector, tokens);
      const state: BalancerState = {
        balances: vector.balances.map(BigInt),
        scalingFactors: vector.scalingFactors.map(BigInt),
        swapFeePercentage: BigInt(vector.swapFeePercentage),
        amplification: BigInt(vector.amplification ?? 0),
        paused: false,
      };
      for (const [indexIn, indexOut, amountIn, amountOut] of vector.swaps as [number, number, string, string][]) {
        const swap = { tokenIn: at(tokens, indexIn), tokenOut: at(tokens, indexOut), amountIn: BigInt(amountIn) };
        expect(balancer.quote(pool, state, swap), `${indexIn} → ${indexOut}: ${amountIn}`).to.equal(BigInt(amountOut));
      }
    });
  }
});

describe("the balancer venue's curves", () => {
  const tokens = ["WETH", "USDC", "DAI"].map((symbol) => tokenOf(arbitrum, symbol).address);
  const scalingFactors = [ONE, 10n ** 30n, ONE];
  const pool = (formula: BalancerPool["formula"]): BalancerPool => ({
    venue: "balancer",
    deployment: "Balancer V2",
    id: "0x",
    address: vaultAddress,
    tokens,
    vault: vaultAddress,
    registered: tokens.map((address, index) => ({ address, scalingFactor: at(scalingFactors, index) })),
    formula,
  });
  const weightedPool = (weights: readonly bigint[], powerShortcuts = true) =>
    pool({ kind: "weighted", weights, powerShortcuts });
  const thirds = weightedPool([ONE / 3n, ONE / 3n, ONE - 2n * (ONE / 3n)]);
  const uneven = weightedPool([ONE / 2n, ONE / 5n, (ONE * 3n) / 10n]);
  const stable = pool({ kind: "stable", bptIndex: undefined, invariantRounding: "down" });
  const state: BalancerState = {
    balances: [1_000n * ONE, 1_300n * 10n ** 6n, 900n * ONE],
    scalingFactors,
    swapFeePercentage: 10n ** 15n,
    amplification: 200_000n,
    paused: false,
  };

  function curveOf(of: BalancerPool, indexIn = 0, indexOut = 1) {
    const curve = balancer.curve(of, state, at(tokens, indexIn), at(tokens, indexOut));
    if (isRefusal(curve)) throw new Error(curve.detail);
    return curve;
  }

  for (const [name, of] of Object.entries({ thirds, uneven, stable })) {
    it(`of the pool ${name} shadow their quotes: never falling, within a few parts in 1e9, below the rate`, () => {
      for (const [indexIn, indexOut] of [
        [0, 1],
        [1, 2],
        [2, 0],
      ] as const) {
        const curve = curveOf(of, indexIn, indexOut);
        const unit = Number(10n ** 36n / at(scalingFactors, indexIn));
        let before = 0;
        for (let amountIn = unit / 1_000; amountIn < 250 * unit; amountIn *= 1.3) {
          const quoted = Number(curve.quote(BigInt(Math.floor(amountIn))));
          const estimate = curve.estimate(Math.floor(amountIn));
          const slack =
            2 * (1 + curve.rate) +
            2e-14 * Number(at(state.balances, indexOut)) +
            1e4 / Number(at(scalingFactors, indexOut) / ONE);
          expect(Math.abs(estimate - quoted) <= slack + 2e-9 * quoted, `${estimate} for ${quoted}`).to.equal(true);
          expect(estimate > before, "rising").to.equal(true);
          expect(estimate <= curve.rate * amountIn * (1 + 1e-12), "below the rate").to.equal(true);
          before = estimate;
        }
        expect(curve.estimate(unit / 1e4) / (unit / 1e4) / curve.rate).to.be.within(1 - 1e-5, 1);
      }
    });
  }

  it("of a weighted pool end at 30 % of its balance", () => {
    for (const of of [thirds, uneven]) {
      const curve = curveOf(of);
      const last = BigInt(Math.floor(curve.limitIn));
      expect(curve.quote(last)).to.be.a("bigint");
      expect(curve.quote(last + last / 10n ** 12n)).to.eql(refuse("over-limit", "BAL#304"));
      expect(curve.estimate(2 * curve.limitIn)).to.equal(curve.estimate(curve.limitIn));
    }
  });

  it("are a product exactly where the weights are equal and the pool multiplies its powers out", () => {
    const { product, estimate } = curveOf(thirds);
    if (product === undefined) throw new Error("no product");
    const amountIn = 12.5e18;
    const out = (product.reserveOut * product.kept * amountIn) / (product.reserveIn + product.kept * amountIn);
    expect(out / estimate(amountIn)).to.be.within(1 - 1e-12, 1 + 1e-12);
    for (const other of [uneven, weightedPool([ONE / 4n, ONE / 4n, ONE / 2n], false), stable]) {
      expect(curveOf(other).product).to.equal(undefined);
    }
  });

  it("refuse everything of a stopped or empty pool", () => {
    const [tokenIn, tokenOut] = [at(tokens, 0), at(tokens, 1)];
    expect(balancer.curve(stable, { ...state, paused: true }, tokenIn, tokenOut)).to.eql(refuse("paused", "BAL#402"));
    const empty = { ...state, balances: [0n, 0n, 0n] };
    expect(balancer.quote(stable, empty, { tokenIn, tokenOut, amountIn: 1n })).to.eql(refuse("invariant", "BAL#004"));
    const dry = balancer.curve(thirds, empty, tokenIn, tokenOut);
    if (isRefusal(dry)) throw new Error(dry.detail);
    expect(dry.quote(ONE)).to.eql(refuse("over-limit", "BAL#304"));
    expect([dry.rate, dry.limitIn, dry.estimate(1e18)]).to.deep.equal([0, 0, 0]);
  });

  it("say which code an amount beyond all bounds ends with", () => {
    const quoteOf = (of: BalancerPool, amountIn: bigint) =>
      balancer.quote(of, state, { tokenIn: at(tokens, 0), tokenOut: at(tokens, 1), amountIn });
    expect(quoteOf(thirds, 2n ** 190n)).to.eql(refuse("over-limit", "BAL#304"));
    expect(quoteOf(thirds, 2n ** 250n)).to.eql(refuse("invariant", "BAL#003"));
    expect(quoteOf(stable, 2n ** 112n)).to.eql(refuse("over-limit", "BAL#526"));
  });
});

function recordedPool(vector: (typeof vectors)[number], tokens: readonly string[]): BalancerPool {
  return {
    venue: "balancer",
    deployment: "Balancer V2",
    id: "0x",
    address: vector.pool ?? "0x",
    tokens,
    vault: vaultAddress,
    registered: tokens.map((address) => ({ address, scalingFactor: ONE })),
    formula:
      vector.kind === "weighted"
        ? {
            kind: "weighted",
            weights: (vector.weights ?? []).map(BigInt),
            powerShortcuts: vector.powerShortcuts ?? false,
          }
        : {
            kind: "stable",
            bptIndex: vector.bptIndex ?? undefined,
            invariantRounding: vector.invariantRounding === "down" ? "down" : "up",
          },
  };
}

/** Pools that cover what the chain file's pools do not: exponents, rates, two-token pools, a moving amplification. */
const freshPools: readonly FreshPool[] = [
  {
    name: "WeightedPool of 2021, 80/20",
    symbols: ["ARB", "WETH"],
    amounts: [1_000_000n * ONE, 67n * ONE],
    ...weighted2021([ONE / 5n, (ONE * 4n) / 5n]),
  },
  {
    name: "WeightedPool of 2023, 80/20",
    symbols: ["ARB", "WETH"],
    amounts: [1_000_000n * ONE, 67n * ONE],
    ...weighted(2023, [ONE / 5n, (ONE * 4n) / 5n]),
  },
  {
    name: "WeightedPool of 2023, 40/40/20",
    symbols: ["WBTC", "WETH", "USDC.e"],
    amounts: [7n * 10n ** 8n, 133n * ONE, 200_000n * 10n ** 6n],
    ...weighted(2023, [(ONE * 2n) / 5n, (ONE * 2n) / 5n, ONE / 5n]),
  },
  {
    name: "WeightedPool of 2022, 50/50",
    symbols: ["USDC", "WETH"],
    amounts: [300_000n * 10n ** 6n, 100n * ONE],
    ...weighted(2022, [ONE / 2n, ONE / 2n]),
  },
  {
    name: "StablePool of 2021, two tokens",
    symbols: ["USDC", "USDT"],
    amounts: [300_000n * 10n ** 6n, 500_000n * 10n ** 6n],
    ...stable2021(50n),
  },
  {
    name: "MetaStablePool of 2021, with a rate",
    symbols: ["WETH", "ARB"],
    amounts: [200n * ONE, 150n * ONE],
    rates: { ARB: 1_151_532_794_526_553_114n },
    ...metaStable2021(50n),
  },
  {
    name: "StablePhantomPool of 2021, with a rate",
    symbols: ["DAI", "USDC", "USDT"],
    amounts: [300_000n * ONE, 400_000n * 10n ** 6n, 450_000n * 10n ** 6n],
    rates: { USDC: 1_010_000_000_000_000_003n },
    ...composable(2021, 120n),
  },
  {
    name: "ComposableStablePool of 2022, with a rate",
    symbols: ["DAI", "USDC.e", "USDT", "USDC"],
    amounts: [300_000n * ONE, 200_000n * 10n ** 6n, 450_000n * 10n ** 6n, 100_000n * 10n ** 6n],
    rates: { USDC: 1_010_000_000_000_000_003n },
    ...composable(2022, 1_000n),
  },
  {
    name: "ComposableStablePool of 2023, with two rates",
    symbols: ["DAI", "USDC", "USDT"],
    amounts: [500_000n * ONE, 400_000n * 10n ** 6n, 450_000n * 10n ** 6n],
    rates: { DAI: 1_023_456_789_012_345_678n, USDT: 1_100_000_000_000_000_001n },
    ...composable(2023, 200n),
  },
];

describe("the balancer venue on the chain under test", () => {
  const chain = useArbitrum();
  const [deployment] = deploymentsOf(arbitrum, "balancer");
  if (deployment === undefined) throw new Error("The chain file lists no deployment of Balancer.");
  const casesPerPool = 26;

  let trader: HardhatEthersSigner;
  let pools: ReadonlyMap<string, BalancerPool>;
  const created = new Map<string, CreatedPool>();

  before(async () => {
    const connection = chain();
    [, trader] = (await connection.ethers.getSigners()) as [HardhatEthersSigner, HardhatEthersSigner];
    for (const { address } of arbitrum.tokens) {
      await setTokenBalance(connection, address, trader.address, 2n ** 100n);
      await erc20(address, trader).approve(vaultAddress, 2n ** 255n);
    }
    for (const plan of freshPools) created.set(plan.name, await createPool(connection, trader, plan));
    const poolIds = [...deployment.poolIds, ...[...created.values()].map(({ id }) => id)];
    const found = await balancer.discover({ ...deployment, poolIds }, arbitrum.tokens, readerAt(connection));
    pools = new Map(found.map((pool) => [pool.id, pool]));
  });

  function poolOf(id: string): BalancerPool {
    const pool = pools.get(id);
    if (pool === undefined) throw new Error(`The venue did not discover ${id}.`);
    return pool;
  }

  function freshPool(name: string): CreatedPool & { readonly pool: BalancerPool } {
    const fresh = created.get(name);
    if (fresh === undefined) throw new Error(`No pool ${name}.`);
    return { ...fresh, pool: poolOf(fresh.id) };
  }

  it("discovers every pool of the chain file, and trades its tokens but not its own", () => {
    for (const id of deployment.poolIds) {
      const pool = poolOf(id);
      expect(id.toLowerCase().startsWith(pool.address.toLowerCase()), id).to.equal(true);
      expect(pool.tokens.length, id).to.be.at.least(2);
      expect(pool.tokens, id).to.not.include(pool.address);
      for (const token of pool.tokens) expect(arbitrum.tokens.map(({ address }) => address)).to.include(token);
    }
  });

  it("tells the generations apart, which round differently", () => {
    const shortcuts = (name: string) => {
      const { formula } = freshPool(name).pool;
      return formula.kind === "weighted" && formula.powerShortcuts;
    };
    expect(shortcuts("WeightedPool of 2021, 80/20")).to.equal(false);
    expect(shortcuts("WeightedPool of 2022, 50/50")).to.equal(true);
    expect(shortcuts("WeightedPool of 2023, 80/20")).to.equal(true);
    const rounding = (name: string) => {
      const { formula } = freshPool(name).pool;
      return formula.kind === "stable" && formula.invariantRounding;
    };
    expect(rounding("StablePool of 2021, two tokens")).to.equal("up");
    expect(rounding("MetaStablePool of 2021, with a rate")).to.equal("up");
    expect(rounding("StablePhantomPool of 2021, with a rate")).to.equal("up");
    expect(rounding("ComposableStablePool of 2022, with a rate")).to.equal("down");
    expect(rounding("ComposableStablePool of 2023, with two rates")).to.equal("down");
  });

  it("leaves out a pool id that the vault does not know, and a pool of unknown tokens", async () => {
    const unknown = `${deployment.poolIds[0]?.slice(0, -4)}ffff`;
    expect(await balancer.discover({ ...deployment, poolIds: [unknown] }, arbitrum.tokens, readerAt(chain()))).to.eql(
      [],
    );
    const onlyWeth = [tokenOf(arbitrum, "WETH")];
    expect(await balancer.discover(deployment, onlyWeth, readerAt(chain()))).to.eql([]);
  });

  const seeds = [...deployment.poolIds, ...freshPools.map(({ name }) => name)];
  for (const [seed, label] of seeds.entries()) {
    it(`quotes what the vault pays, to the wei, over ${casesPerPool} swaps that move ${label}`, async () => {
      const pool = poolOf(created.get(label)?.id ?? label);
      const random = seededRandom(seed + 1);
      for (let i = 0; i < casesPerPool; i++) {
        const state = await readState(chain(), pool);
        const swap = randomSwap(random, pool, state);
        const outcome = await swapOnChain(chain(), trader, pool, swap);
        const quote = balancer.quote(pool, state, swap);
        const seen = isRefusal(quote) ? quote.detail : quote;
        expect(seen, `case ${i}: ${swap.amountIn} ${swap.tokenIn} → ${swap.tokenOut}`).to.equal(outcome);
      }
    });
  }

  it("follows swaps, deposits, withdrawals and a new fee by their events, and reads a pool whose amplification moves", async () => {
    const owner = chain().ethers;
    for (const name of ["WeightedPool of 2023, 40/40/20", "StablePool of 2021, two tokens"]) {
      const { pool, contract } = freshPool(name);
      const follow = balancer.follow;
      if (follow === undefined) throw new Error("The venue follows nothing.");
      const sources = [follow.source(pool) ?? []].flat();
      expect(sources).to.deep.equal([{ address: vaultAddress, topic1: pool.id }, { address: pool.address }]);
      const { id: poolId } = pool;
      const coder = AbiCoder.defaultAbiCoder();
      const amounts = pool.registered.map(({ scalingFactor }) => 10n ** 36n / scalingFactor);
      const request = { assets: pool.registered.map(({ address }) => address), fromInternalBalance: false };
      const join = {
        ...request,
        maxAmountsIn: amounts,
        userData: coder.encode(["uint256", "uint256[]", "uint256"], [1n, amounts, 0n]),
      };
      const exit = {
        assets: request.assets,
        minAmountsOut: amounts.map(() => 0n),
        userData: coder.encode(["uint256", "uint256"], [1n, ONE]),
        toInternalBalance: false,
      };
      const [tokenIn, tokenOut] = [at(pool.tokens, 0), at(pool.tokens, 1)];
      const swap = swapArguments(poolId, { tokenIn, tokenOut, amountIn: at(amounts, 0) }, trader.address);
      const actions = [
        () => vaultOf(trader).getFunction("swap")(...swap),
        () => vaultOf(trader).getFunction("joinPool")(poolId, trader, trader, { ...join }),
        () => vaultOf(trader).getFunction("exitPool")(poolId, trader, trader, { ...exit }),
        () => (contract.connect(trader) as Contract).getFunction("setSwapFeePercentage")(7n * 10n ** 15n),
      ];
      for (const action of actions) {
        const before = await readState(chain(), pool);
        await action();
        const block = await owner.provider.getBlockNumber();
        const logs = await owner.provider.getLogs({ fromBlock: block, toBlock: block, topics: [[...follow.topics]] });
        expect(logs).to.have.length(1);
        const after = follow.apply(pool, before, logs[0] as Log);
        expect(after).to.not.deep.equal(before);
        expect(after).to.deep.equal(await readState(chain(), pool));
        expect(follow.told?.(before), "events tell all").to.equal(before);
      }
      if (pool.formula.kind !== "stable") continue;
      const now = BigInt(await chain().networkHelpers.time.latest());
      const state = await readState(chain(), pool);
      await (contract.connect(trader) as Contract).getFunction("startAmplificationParameterUpdate")(
        99n,
        now + 200_000n,
      );
      const [log] = await owner.provider.getLogs({ address: pool.address, topics: [[...follow.topics]] });
      expect(follow.apply(pool, state, log as Log)).to.equal("read");
      const ramping = await readState(chain(), pool);
      await chain().networkHelpers.time.increase(1_000);
      const later = await readState(chain(), pool);
      expect(later).to.not.deep.equal(ramping);
      expect(follow.told?.(later)).to.not.equal(later);
      expect(follow.told?.(later)).to.deep.equal(follow.told?.(ramping));
    }
  });

  it("reads a pool with rates at every block", () => {
    for (const name of ["MetaStablePool of 2021, with a rate", "ComposableStablePool of 2023, with two rates"]) {
      expect(balancer.follow?.source(freshPool(name).pool)).to.equal(undefined);
    }
  });

  it("follows an amplification that is being changed", async () => {
    const { pool, contract } = freshPool("StablePool of 2021, two tokens");
    const now = BigInt(await chain().networkHelpers.time.latest());
    const before = await readState(chain(), pool);
    await (contract.connect(trader) as Contract).getFunction("startAmplificationParameterUpdate")(99n, now + 200_000n);
    await chain().networkHelpers.time.increase(70_000);
    const during = await readState(chain(), pool);
    expect(during.amplification > before.amplification && during.amplification < 99_000n).to.equal(true);
    const swap = swapOf(pool, "USDC", "USDT", 12_345_678_901n);
    expect(balancer.quote(pool, during, swap)).to.equal(await swapOnChain(chain(), trader, pool, swap));
  });

  for (const [name, symbolIn, symbolOut] of [
    ["MetaStablePool of 2021, with a rate", "ARB", "WETH"],
    ["ComposableStablePool of 2022, with a rate", "USDC", "USDT"],
    ["ComposableStablePool of 2023, with two rates", "DAI", "USDC"],
  ] as const) {
    it(`takes the cached rate of the ${name} until it expires, then the provider's`, async () => {
      const { pool, rateProviders } = freshPool(name);
      const swap = swapOf(pool, symbolIn, symbolOut, 3n * 10n ** BigInt(tokenOf(arbitrum, symbolIn).decimals));
      const rate = 1_200_000_000_000_000_007n;
      const first = await readState(chain(), pool);
      await rateProviders[symbolIn]?.getFunction("setRate")(rate);

      const cached = await readState(chain(), pool);
      expect(cached.scalingFactors, "before the cache expires").to.eql(first.scalingFactors);
      await chain().networkHelpers.time.increase(rateCacheSeconds + 1n);
      const expired = await readState(chain(), pool);
      const index = pool.registered.findIndex(({ address }) => address === swap.tokenIn);
      const scalingFactor = at(pool.registered, index).scalingFactor;
      expect(expired.scalingFactors[index], "after").to.equal((scalingFactor * rate) / ONE);

      expect(balancer.quote(pool, expired, swap)).to.equal(await swapOnChain(chain(), trader, pool, swap));
    });
  }

  it("takes the old rate of a StablePhantomPool for one more swap after it has expired, as the pool does", async () => {
    const { pool, rateProviders } = freshPool("StablePhantomPool of 2021, with a rate");
    const swap = swapOf(pool, "USDC", "DAI", 3n * 10n ** 6n);
    const first = await readState(chain(), pool);
    await rateProviders.USDC?.getFunction("setRate")(1_200_000_000_000_000_007n);
    await chain().networkHelpers.time.increase(rateCacheSeconds + 1n);
    const expired = await readState(chain(), pool);
    expect(expired.scalingFactors).to.eql(first.scalingFactors);
    expect(balancer.quote(pool, expired, swap)).to.equal(await swapOnChain(chain(), trader, pool, swap));
    const renewed = await readState(chain(), pool);
    expect(renewed.scalingFactors).to.not.eql(first.scalingFactors);
    expect(balancer.quote(pool, renewed, swap)).to.equal(await swapOnChain(chain(), trader, pool, swap));
  });

  it("refuses by the vault's own codes", async () => {
    const { pool } = freshPool("WeightedPool of 2023, 80/20");
    const state = await readState(chain(), pool);
    const [WETH, ARB, USDC] = ["WETH", "ARB", "USDC"].map((symbol) => tokenOf(arbitrum, symbol).address) as [
      string,
      string,
      string,
    ];
    const half = at(state.balances, 0) / 2n;
    const expected = [
      [{ tokenIn: ARB, tokenOut: WETH, amountIn: 0n }, refuse("zero-amount", "BAL#510")],
      [{ tokenIn: WETH, tokenOut: WETH, amountIn: 1n }, refuse("token-not-in-pool", "BAL#509")],
      [{ tokenIn: USDC, tokenOut: WETH, amountIn: 1n }, refuse("token-not-in-pool", "BAL#521")],
      [{ tokenIn: WETH, tokenOut: USDC, amountIn: 1n }, refuse("token-not-in-pool", "BAL#521")],
      [{ tokenIn: WETH, tokenOut: ARB, amountIn: half }, refuse("over-limit", "BAL#304")],
    ] as const;
    for (const [swap, refusal] of expected) {
      expect(balancer.quote(pool, state, swap), refusal.detail).to.eql(refusal);
      expect(await swapOnChain(chain(), trader, pool, swap)).to.equal(refusal.detail);
    }
    const paused = { ...state, paused: true };
    expect(balancer.quote(pool, paused, { tokenIn: ARB, tokenOut: WETH, amountIn: ONE })).to.eql(
      refuse("paused", "BAL#402"),
    );
  });

  it("refuses dust that a stable pool would pay with less than nothing", async () => {
    const { pool } = freshPool("StablePool of 2021, two tokens");
    // Both tokens have six decimals, so that one unit is 1e12 and its fee is the whole unit.
    const swap = swapOf(pool, "USDC", "USDT", 1n);
    const state = await readState(chain(), pool);
    expect(balancer.quote(pool, state, swap)).to.eql(refuse("zero-output", "BAL#001"));
    expect(await swapOnChain(chain(), trader, pool, swap)).to.equal("BAL#001");
  });

  it("does not quote a swap against the pool's own token", async () => {
    const { pool } = freshPool("ComposableStablePool of 2023, with two rates");
    const swap = { tokenIn: pool.address, tokenOut: at(pool.tokens, 0), amountIn: ONE };
    expect(balancer.quote(pool, await readState(chain(), pool), swap)).to.have.property("refused", "token-not-in-pool");
  });

  it("gives no state when a read fails", async () => {
    for (const pool of pools.values()) {
      const reads = balancer.reads(pool);
      const results = await readerAt(chain()).read(reads);
      // The last read may be a provider's rate, which a fresh cache makes unnecessary.
      for (const failed of reads.keys()) {
        if (reads[failed]?.target !== pool.address && reads[failed]?.target !== pool.vault) continue;
        const broken = results.map((read, index) => (index === failed ? { success: false, data: "0x" } : read));
        const label = `${pool.id} without read ${failed}`;
        expect(balancer.decode(pool, broken, 0n), label).to.have.property("refused", "unreadable");
      }
    }
  });

  it("encodes a hop of the vault with the pool's id", () => {
    const pool = poolOf(at(deployment.poolIds, 0));
    expect(balancer.encode(deployment, pool, at(pool.tokens, 0), at(pool.tokens, 1))).to.eql({
      target: deployment.vault,
      data: pool.id,
    });
  });
});

async function readState(connection: Connection, pool: BalancerPool): Promise<BalancerState> {
  const block = await connection.ethers.provider.getBlock("latest");
  if (block === null) throw new Error("The chain has no block.");
  const results = await readerAt(connection, block.number).read(balancer.reads(pool));
  const state = balancer.decode(pool, results, BigInt(block.timestamp));
  if (isRefusal(state)) throw new Error(`${pool.id}: ${state.detail}`);
  return state;
}

/** Amounts between one unit and 40 % of the pool's balance, evenly over the orders of magnitude. */
function randomSwap(random: Random, pool: BalancerPool, state: BalancerState): Swap {
  const tokenIn = random.pick(pool.tokens);
  const tokenOut = random.pick(pool.tokens.filter((token) => token !== tokenIn));
  const index = pool.registered.findIndex(({ address }) => address === tokenIn);
  const most = (at(state.balances, index) * 4n) / 10n / 10n ** random.bigint(0n, 8n);
  return { tokenIn, tokenOut, amountIn: random.bigint(1n, most > 1n ? most : 1n) };
}

/** Swaps in a block of the same timestamp, and returns what arrived or the vault's reason. */
async function swapOnChain(
  connection: Connection,
  trader: HardhatEthersSigner,
  pool: BalancerPool,
  swap: Swap,
): Promise<bigint | string> {
  const tokenOut = erc20(swap.tokenOut, trader);
  const before = await tokenOut.balanceOf(trader);
  const now = await connection.networkHelpers.time.latest();
  await connection.networkHelpers.time.setNextBlockTimestamp(now);
  try {
    await vaultOf(trader).getFunction("swap")(...swapArguments(pool.id, swap, trader.address));
  } catch (error) {
    const reason = /BAL#\d{3}/.exec(String(error))?.[0];
    if (reason === undefined) throw error;
    return reason;
  }
  return (await tokenOut.balanceOf(trader)) - before;
}

function swapOf(pool: BalancerPool, symbolIn: string, symbolOut: string, amountIn: bigint): Swap {
  const [tokenIn, tokenOut] = [tokenOf(arbitrum, symbolIn).address, tokenOf(arbitrum, symbolOut).address];
  expect(pool.tokens).to.include.members([tokenIn, tokenOut]);
  return { tokenIn, tokenOut, amountIn };
}

function at<T>(array: readonly T[], index: number): T {
  const element = array[index];
  if (element === undefined) throw new RangeError(`No element ${index}.`);
  return element;
}
