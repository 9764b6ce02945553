import { concat, Interface, keccak256, toBeHex, ZeroAddress } from "ethers";
import type { Chain } from "../config/chains/chain.ts";
import { type DataFee, type DataFeeSample, dataFeeThrough } from "../domain/gas.ts";
import type { EthCall } from "../rpc/multicall.ts";
import { FatalError, RpcError } from "../rpc/retry.ts";

/** Answered by the node itself at this address, on every Arbitrum chain, and only where no contract stands between. */
const nodeInterface = "0x00000000000000000000000000000000000000C8";
/** A predeploy of every OP Stack chain. */
const gasPriceOracle = "0x420000000000000000000000000000000000000F";

const abi = new Interface([
  "function gasEstimateL1Component(address to, bool contractCreation, bytes data) payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)",
  "function getL1Fee(bytes data) view returns (uint256)",
]);

/** Sizes around those of an order's calldata. The OP Stack's fee has a floor, which both are above. */
const sampleBytes = [512, 1_536] as const;

/**
 * Reads what the chain charges for data, from the fees of two samples that do not compress. Returns undefined where the
 * chain does not answer, as a fork in a development node does not.
 */
export async function readDataFee(kind: Chain["dataFee"], ethCall: EthCall): Promise<DataFee | undefined> {
  try {
    const [short, long] = await Promise.all([
      sample(kind, ethCall, sampleBytes[0]),
      sample(kind, ethCall, sampleBytes[1]),
    ]);
    return dataFeeThrough(short, long, kind === "arbitrum");
  } catch (error) {
    if (error instanceof RpcError || error instanceof FatalError) throw error;
    return undefined;
  }
}

async function sample(kind: Chain["dataFee"], ethCall: EthCall, bytes: number): Promise<DataFeeSample> {
  const data = incompressible(bytes);
  switch (kind) {
    case "arbitrum": {
      const calldata = abi.encodeFunctionData("gasEstimateL1Component", [ZeroAddress, false, data]);
      const returned = await ethCall(nodeInterface, calldata);
      const [gas, baseFeeWei]: bigint[] = abi.decodeFunctionResult("gasEstimateL1Component", returned);
      return { bytes, feeWei: (gas ?? 0n) * (baseFeeWei ?? 0n) };
    }
    case "opStack": {
      const returned = await ethCall(gasPriceOracle, abi.encodeFunctionData("getL1Fee", [data]));
      const [feeWei]: bigint[] = abi.decodeFunctionResult("getL1Fee", returned);
      return { bytes, feeWei: feeWei ?? 0n };
    }
  }
}

/** Returns bytes that look random, the same each time: both kinds of rollup charge for compressed data. */
function incompressible(bytes: number): string {
  const words = Array.from({ length: Math.ceil(bytes / 32) }, (_, index) => keccak256(toBeHex(index, 32)));
  return concat(words).slice(0, 2 + bytes * 2);
}
