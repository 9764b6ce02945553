import { Interface, type Result, ZeroAddress } from "ethers";
import type { Address } from "../../config/chains/chain.ts";
import { type Refusal, refuse } from "../../domain/quote.ts";
import type { Call, CallResult } from "../venue.ts";
import { type DodoPool, type DodoState, rState } from "./state.ts";

const abi = new Interface([
  "function getPMMStateForCall() view returns (uint256 i, uint256 K, uint256 B, uint256 Q, uint256 B0, uint256 Q0, uint256 R)",
  "function getUserFeeRate(address user) view returns (uint256 lpFeeRate, uint256 mtFeeRate)",
  "function getOraclePrice() view returns (uint256)",
  "function getExpectedTarget() view returns (uint256 baseTarget, uint256 quoteTarget)",
  "function _K_() view returns (uint256)",
  "function _R_STATUS_() view returns (uint8)",
  "function _BASE_BALANCE_() view returns (uint256)",
  "function _QUOTE_BALANCE_() view returns (uint256)",
  "function _LP_FEE_RATE_() view returns (uint256)",
  "function _MT_FEE_RATE_() view returns (uint256)",
  "function _TRADE_ALLOWED_() view returns (bool)",
  "function _SELLING_ALLOWED_() view returns (bool)",
  "function _BUYING_ALLOWED_() view returns (bool)",
  "function _BASE_BALANCE_LIMIT_() view returns (uint256)",
  "function _QUOTE_BALANCE_LIMIT_() view returns (uint256)",
  "function balanceOf(address account) view returns (uint256)",
  "function routeFeeRate() view returns (uint256)",
  "function isAllowedProxy(address proxy) view returns (bool)",
]);

/** One read of a pool's state. The label tells it from another of the same function. */
interface Read {
  readonly target: Address;
  readonly name: string;
  readonly args?: readonly unknown[];
  readonly label?: string;
}

const poolGetters = ["getPMMStateForCall"] as const;
const classicalGetters = [
  "getOraclePrice",
  "getExpectedTarget",
  "_K_",
  "_R_STATUS_",
  "_BASE_BALANCE_",
  "_QUOTE_BALANCE_",
  "_LP_FEE_RATE_",
  "_MT_FEE_RATE_",
  "_TRADE_ALLOWED_",
  "_SELLING_ALLOWED_",
  "_BUYING_ALLOWED_",
  "_BASE_BALANCE_LIMIT_",
  "_QUOTE_BALANCE_LIMIT_",
] as const;

function readsOf({
  variant,
  direct,
  address,
  base,
  quote,
  adapter,
  routeProxy,
  approveProxy,
}: DodoPool): readonly Read[] {
  const balances: readonly Read[] = [
    { target: base, name: "balanceOf", args: [address], label: "balanceOf(base)" },
    { target: quote, name: "balanceOf", args: [address], label: "balanceOf(quote)" },
  ];
  const proxy: readonly Read[] = [
    { target: routeProxy, name: "routeFeeRate" },
    { target: approveProxy, name: "isAllowedProxy", args: [routeProxy] },
  ];
  if (variant !== "classical") {
    return [
      ...poolGetters.map((name) => ({ target: address, name })),
      // A pool asks its fee model with `tx.origin`. The model behind DODO's factories answers every trader alike, except
      // for crowd pools, which these factories do not create.
      { target: address, name: "getUserFeeRate", args: [ZeroAddress] },
      ...balances,
      ...(direct ? [] : proxy),
    ];
  }
  return [
    ...classicalGetters.map((name) => ({ target: address, name })),
    ...balances,
    { target: base, name: "balanceOf", args: [adapter], label: "balanceOf(base) of the adapter" },
    { target: quote, name: "balanceOf", args: [adapter], label: "balanceOf(quote) of the adapter" },
    ...proxy,
  ];
}

/** Returns the calls whose results are the pool's state. */
export function reads(pool: DodoPool): readonly Call[] {
  return readsOf(pool).map(({ target, name, args }) => ({ target, data: abi.encodeFunctionData(name, args) }));
}

/** Decodes the results of `reads`, in their order. */
export function decode(pool: DodoPool, results: readonly CallResult[]): DodoState | Refusal {
  const asked = readsOf(pool);
  const failed = asked.find((_, index) => results[index]?.success !== true);
  if (failed !== undefined) return refuse("unreadable", `${failed.label ?? failed.name} of ${pool.address} reverts`);
  const values = asked.map(({ name }, index) => decoded(name, results[index]?.data ?? "0x"));
  if (!isComplete(values)) return refuse("unreadable", `a read of ${pool.address} does not decode`);

  const [routeFeeRate, allowed] = [values.at(-2)?.[0], values.at(-1)?.[0]];
  if (pool.direct) return poolState(pool, values, 0n);
  if (allowed !== true) return refuse("paused", `DODOApproveProxy does not allow the route proxy ${pool.routeProxy}`);
  return pool.variant === "classical"
    ? classicalState(pool, values, routeFeeRate)
    : poolState(pool, values, routeFeeRate);
}

function poolState(pool: DodoPool, values: readonly Result[], routeFeeRate: bigint): DodoState | Refusal {
  const [pmm, fees, baseBalance, quoteBalance] = values as [Result, Result, Result, Result];
  const R = rStateOf(pmm.R);
  if (R === undefined) return noState(pool, pmm.R);
  const { i, K, B, Q, B0, Q0 } = pmm.toObject() as Omit<DodoState, "R">;
  const { lpFeeRate, mtFeeRate } = fees;
  return {
    ...{ i, K, B, Q, B0, Q0, R },
    ...{ lpFeeRate, mtFeeRate, routeFeeRate },
    baseBalance: baseBalance[0],
    quoteBalance: quoteBalance[0],
  };
}

function classicalState(pool: DodoPool, values: readonly Result[], routeFeeRate: bigint): DodoState | Refusal {
  const value = (index: number) => values[index]?.[0];
  const [B0, Q0] = values[1] ?? [];
  const R = rStateOf(value(3));
  if (R === undefined) return noState(pool, value(3));
  return {
    ...{ i: value(0), K: value(2), B: value(4), Q: value(5), B0, Q0, R },
    ...{ lpFeeRate: value(6), mtFeeRate: value(7), routeFeeRate },
    baseBalance: value(13),
    quoteBalance: value(14),
    classical: {
      tradeAllowed: value(8),
      sellingAllowed: value(9),
      buyingAllowed: value(10),
      baseLimit: value(11),
      quoteLimit: value(12),
      adapterBase: value(15),
      adapterQuote: value(16),
    },
  };
}

function rStateOf(value: unknown): DodoState["R"] | undefined {
  return Object.values(rState).find((state) => BigInt(state) === value);
}

function noState(pool: DodoPool, R: unknown): Refusal {
  return refuse("unreadable", `${pool.address} is in no state of R: ${R}`);
}

function isComplete(values: readonly (Result | undefined)[]): values is readonly Result[] {
  return !values.includes(undefined);
}

/** Decodes what a function returned, or nothing where that is not what the ABI says. */
function decoded(name: string, data: string): Result | undefined {
  try {
    const values = abi.decodeFunctionResult(name, data);
    // Values that do not decode throw only where they are looked at.
    values.toArray();
    return values;
  } catch {
    return undefined;
  }
}
