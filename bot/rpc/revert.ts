import { AbiCoder, dataLength, dataSlice, type Interface, isHexString } from "ethers";

/** A revert in words, and for the contract's own errors their name and arguments. */
export interface ContractError {
  /** "" when the data is none of the contract's errors. */
  readonly name: string;
  readonly args: readonly unknown[];
  readonly text: string;
}

/** Returns the data that a reverting call came back with, or undefined when the error is no revert. */
export function revertData(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { data, info, error: inner, cause } = error as Record<string, unknown>;
  if (typeof data === "string" && isHexString(data)) return data;
  for (const nested of [data, info, inner, cause]) {
    const found = revertData(nested);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Decodes revert data with the contract's errors; a hop's reason is decoded in turn. */
export function decodeRevert(data: string, abi: Interface): ContractError {
  const parsed = dataLength(data) >= 4 ? abi.parseError(data) : null;
  if (parsed === null) return { name: "", args: [], text: describe(data) };
  if (parsed.name === "Error" || parsed.name === "Panic") return { name: "", args: [], text: describe(data) };
  const args = parsed.fragment.inputs.map(({ name, baseType }, index) => {
    const value: unknown = parsed.args[index];
    return `${name}: ${baseType === "bytes" ? describe(String(value)) : String(value)}`;
  });
  return { name: parsed.name, args: [...parsed.args], text: `${parsed.name}(${args.join(", ")})` };
}

/** Describes revert data: the text of `Error`, the code of `Panic`, or the selector. */
function describe(data: string): string {
  if (dataLength(data) === 0) return "no reason";
  if (dataLength(data) < 4) return data;
  const selector = dataSlice(data, 0, 4);
  try {
    const abiCoder = AbiCoder.defaultAbiCoder();
    if (selector === "0x08c379a0") return `"${abiCoder.decode(["string"], dataSlice(data, 4))[0]}"`;
    if (selector === "0x4e487b71")
      return `Panic(0x${BigInt(abiCoder.decode(["uint256"], dataSlice(data, 4))[0]).toString(16)})`;
  } catch {
    return `${selector} with unreadable arguments`;
  }
  return dataLength(data) === 4 ? selector : `${selector} with ${dataLength(data) - 4} bytes`;
}
