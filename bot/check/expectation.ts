import { Interface, type Result } from "ethers";
import type { Address } from "../config/chains/chain.ts";
import type { Call, CallResult } from "../venues/venue.ts";

/** What a contract has to answer for the bot to use it. */
export interface Expectation {
  readonly call: Call;
  /** Returns what is wrong with the answer, or undefined. */
  readonly problemOf: (result: CallResult | undefined) => string | undefined;
  /** Returns what is worth knowing of an answer that is no problem, or undefined. */
  readonly factOf?: (result: CallResult | undefined) => string | undefined;
}

/** What has to hold on the chain for something that is configured to be used. */
export interface Requirements {
  /** Addresses that have to carry code, by their part. */
  readonly contracts: Readonly<Record<string, Address>>;
  readonly expectations: readonly Expectation[];
}

/** Something that is configured, and what has to hold for it. */
export interface Subject extends Requirements {
  /** What has made the contract of this address: its code has to be what the creation leaves. */
  readonly made?: { readonly address: Address; readonly creation: string };
  readonly name: string;
  readonly kind: "token" | "feed" | "lender" | "deployment" | "contract" | "multicall";
}

/** Expects `signature` ("factory() view returns (address)") to answer, and its values to satisfy `problemOf`. */
export function expectAnswer(
  target: Address,
  signature: string,
  args: readonly unknown[] = [],
  problemOf: (values: Result) => string | undefined = () => undefined,
): Expectation {
  const abi = new Interface([`function ${signature}`]);
  const name = signature.slice(0, signature.indexOf("("));
  const shown = `${name}(${args.map(String).join(", ")}) of ${target}`;
  return {
    call: { target, data: abi.encodeFunctionData(name, [...args]) },
    problemOf: (result) => {
      if (!result?.success) return `${shown} reverts`;
      try {
        const problem = problemOf(abi.decodeFunctionResult(name, result.data));
        return problem && `${shown} ${problem}`;
      } catch {
        return `${shown} answers what cannot be decoded`;
      }
    },
  };
}

/** Expects `signature` to answer, and says what it answers. */
export function showAnswer(
  target: Address,
  signature: string,
  args: readonly unknown[],
  factOf: (values: Result) => string | undefined,
): Expectation {
  const abi = new Interface([`function ${signature}`]);
  const name = signature.slice(0, signature.indexOf("("));
  return {
    ...expectAnswer(target, signature, args),
    factOf: (result) => (result?.success ? factOf(abi.decodeFunctionResult(name, result.data)) : undefined),
  };
}

/** Expects a function of one return value to answer exactly `expected`. */
export function expectValue(
  target: Address,
  signature: string,
  args: readonly unknown[],
  expected: string | bigint | boolean,
): Expectation {
  return expectAnswer(target, signature, args, ([value]) =>
    value === expected ? undefined : `is ${value}, not ${expected}`,
  );
}
