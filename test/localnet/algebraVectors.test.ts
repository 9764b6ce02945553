import { readFileSync } from "node:fs";
import { expect } from "chai";
import { AbiCoder, Contract, keccak256, toBeHex, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf } from "../../bot/config/chains/chain.ts";
import { isRefusal, type Quote } from "../../bot/domain/quote.ts";
import { type AlgebraPool, type AlgebraState, algebra } from "../../bot/venues/algebra.ts";
import { maxTick, minTick } from "../../bot/venues/concentratedLiquidity.ts";
import { tickTable, wordOf, wordsAround } from "../../bot/venues/tickTable.ts";
import { useArbitrum } from "../support/arbitrum.ts";

/** A recorded state of a pool on some chain, an input, and the output that belongs to it: units as decimal strings. */
interface RecordedSwap {
  readonly id: string;
  /** Algebra's version: 1.0 counts its tick table in tick spacings, 1.9 in ticks. */
  readonly variant: "1.0" | "1.9" | "1.9 directional";
  readonly state: {
    readonly liquidity: string;
    readonly price: string;
    readonly tick: string;
    readonly feeZto: string;
    readonly feeOtz: string;
    readonly communityFeeToken0: string;
    readonly communityFeeToken1: string;
    readonly tickSpacing: string;
    /** Tick, net liquidity, gross liquidity. */
    readonly ticks: readonly (readonly [string, string, string])[];
  };
  readonly tokenIn: "token0" | "token1";
  readonly amountIn: string;
  readonly expectedAmountOut: string | null;
  readonly expectError: string | null;
}

// Swaps decoded from receipts, and a recorded state without an output, are in test/vectors/concentrated.json.
const records: readonly RecordedSwap[] = JSON.parse(
  readFileSync(new URL("../vectors/algebra.json", import.meta.url), "utf8"),
);

const token0 = "0x0000000000000000000000000000000000000001";
const token1 = "0x0000000000000000000000000000000000000002";

function spacingOf({ variant, state }: RecordedSwap): number {
  return variant === "1.0" ? Number(state.tickSpacing) : 1;
}

function words(record: RecordedSwap): ReadonlyMap<number, bigint> {
  const spacing = spacingOf(record);
  const found = new Map<number, bigint>();
  for (const [tick] of record.state.ticks) {
    const word = wordOf(Number(tick), spacing);
    const bit = BigInt(Number(tick) / spacing - word * 256);
    found.set(word, (found.get(word) ?? 0n) | (1n << bit));
  }
  return found;
}

/** The recorded pool as the venue knows it, with the whole tick table for its window. */
function poolOf(record: RecordedSwap): AlgebraPool {
  const spacing = spacingOf(record);
  const window = wordsAround(0, spacing, maxTick);
  const known = words(record);
  return {
    venue: "algebra",
    deployment: record.id,
    id: record.id,
    address: ZeroAddress,
    tokens: [token0, token1],
    quoter: ZeroAddress,
    layout: record.variant === "1.9 directional" ? "directionalFee" : "singleFee",
    table: tickTable(
      spacing,
      window[0] ?? 0,
      window.map((word) => known.get(word) ?? 0n),
    ),
  };
}

function stateOf({ state }: RecordedSwap): AlgebraState {
  return {
    sqrtPriceX96: BigInt(state.price),
    tick: Number(state.tick),
    liquidity: BigInt(state.liquidity),
    feeZeroToOne: BigInt(state.feeZto),
    feeOneToZero: BigInt(state.feeOtz),
    window: {
      lower: minTick,
      upper: maxTick,
      ticks: state.ticks.map(([tick, net, gross]) => ({
        tick: Number(tick),
        liquidityNet: BigInt(net),
        liquidityGross: BigInt(gross),
      })),
    },
  };
}

function quoteOf(record: RecordedSwap): Quote {
  const [tokenIn, tokenOut] = record.tokenIn === "token0" ? [token0, token1] : [token1, token0];
  return algebra.quote(poolOf(record), stateOf(record), { tokenIn, tokenOut, amountIn: BigInt(record.amountIn) });
}

describe("recorded Algebra swaps", () => {
  for (const record of records) {
    const outcome = record.expectedAmountOut ?? `nothing: ${record.expectError}`;
    it(`${record.id} (${record.variant}): ${record.amountIn} of ${record.tokenIn} is quoted as ${outcome}`, () => {
      const quoted = quoteOf(record);
      if (record.expectedAmountOut === null) {
        expect(isRefusal(quoted) && quoted.refused).to.equal("insufficient-liquidity");
      } else {
        expect(quoted).to.equal(BigInt(record.expectedAmountOut));
      }
    });
  }

  describe("put into the published pool", () => {
    const chain = useArbitrum();
    const [zyberswap] = deploymentsOf(arbitrum, "algebra").filter(({ name }) => name === "Zyberswap V3");

    for (const record of records) {
      const { id, variant, state } = record;
      // The published pool is 1.0: other versions have other tick tables or a second fee, and where a fork of 1.0
      // has a community fee beyond a byte there is no room for it.
      const fits = variant === "1.0" && Number(state.communityFeeToken0) < 256;
      if (!fits) continue;

      it(`${id} pays ${record.expectedAmountOut ?? "nothing and reverts SPL"}`, async () => {
        if (zyberswap === undefined) throw new Error("The chain file lists no Zyberswap V3.");
        const { ethers, networkHelpers, provider } = chain();
        const [owner] = await ethers.getSigners();
        if (owner === undefined) throw new Error("The network has no accounts.");

        const factory = await ethers.getContractFactory("BridgedToken", owner);
        const tokens = [];
        for (const symbol of ["A", "B"]) {
          const deployed = await factory.deploy(symbol, symbol, 18, owner.address);
          tokens.push(new Contract(await deployed.getAddress(), factory.interface, owner));
        }
        tokens.sort((a, b) => (BigInt(String(a.target)) < BigInt(String(b.target)) ? -1 : 1));
        const addresses = tokens.map(({ target }) => String(target));

        const abi = [
          "function createPool(address, address) returns (address)",
          "function poolByPair(address, address) view returns (address)",
        ];
        const pools = new Contract(zyberswap.factory, abi, owner);
        await (await pools.getFunction("createPool")(...addresses)).wait();
        const pool: string = await pools.getFunction("poolByPair")(...addresses);
        for (const token of tokens) {
          await (await token.getFunction("mint")(pool, 2n ** 100n)).wait();
          await (await token.getFunction("mint")(owner.address, 2n ** 100n)).wait();
          await (await token.getFunction("approve")(zyberswap.router, 2n ** 100n)).wait();
        }
        const initialize = new Contract(pool, ["function initialize(uint160)"], owner).getFunction("initialize");
        await (await initialize(2n ** 96n)).wait();
        for (const [slot, value] of storageOf(record)) {
          await provider.request({ method: "hardhat_setStorageAt", params: [pool, slot, value] });
        }

        // In the second in which the pool was initialized there is a timepoint, and so the recorded fee stands.
        await networkHelpers.time.setNextBlockTimestamp(await networkHelpers.time.latest());
        const router = new Contract(
          zyberswap.router,
          [
            "function exactInputSingle((address tokenIn, address tokenOut, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice) params) payable returns (uint256 amountOut)",
          ],
          owner,
        );
        const [tokenIn, tokenOut] = record.tokenIn === "token0" ? tokens : [...tokens].reverse();
        const recipient = "0x00000000000000000000000000000000000A11cE";
        const params = [tokenIn?.target, tokenOut?.target, recipient, 2n ** 255n, BigInt(record.amountIn), 0n, 0n];
        const swap = router.getFunction("exactInputSingle")(params, { gasLimit: 30_000_000n });
        if (record.expectedAmountOut === null) {
          await expect(swap).to.be.revertedWith("SPL");
          return;
        }
        await (await swap).wait();
        const paid = await tokenOut?.getFunction("balanceOf")(recipient);
        expect(paid, "paid by the pool").to.equal(BigInt(record.expectedAmountOut));
        expect(quoteOf(record), "quoted").to.equal(paid);
      });
    }
  });
});

/** Returns the storage words of a published pool in the recorded state: slot and value. */
function storageOf(record: RecordedSwap): readonly (readonly [string, string])[] {
  const { state } = record;
  const unlocked = 1n;
  const globalState =
    BigInt(state.price) |
    (BigInt.asUintN(24, BigInt(state.tick)) << 160n) |
    (BigInt(state.feeZto) << 184n) |
    // The index of the last timepoint, 0, stands between.
    (BigInt(state.communityFeeToken0) << 216n) |
    (BigInt(state.communityFeeToken1) << 224n) |
    (unlocked << 232n);
  const mapped = (key: bigint, slot: bigint) =>
    BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["int256", "uint256"], [key, slot])));
  const entries: [bigint, bigint][] = [
    [2n, globalState],
    [3n, BigInt(state.liquidity)],
  ];
  for (const [tick, net, gross] of state.ticks) {
    const slot = mapped(BigInt(tick), 5n);
    const initialized = 1n << 248n;
    entries.push([slot, BigInt(gross) | (BigInt.asUintN(128, BigInt(net)) << 128n)], [slot + 3n, initialized]);
  }
  for (const [word, bits] of words(record)) entries.push([mapped(BigInt(word), 6n), bits]);
  return entries.map(([slot, value]) => [toBeHex(slot, 32), toBeHex(value, 32)]);
}
