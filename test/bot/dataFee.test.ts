import { expect } from "chai";
import { AbiCoder, dataLength, Interface } from "ethers";
import { type DataFee, dataFeeWei, dataGas } from "../../bot/domain/gas.ts";
import { readDataFee } from "../../bot/pipeline/dataFee.ts";
import { RpcError } from "../../bot/rpc/retry.ts";

const abi = new Interface([
  "function gasEstimateL1Component(address to, bool contractCreation, bytes data) payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)",
  "function getL1Fee(bytes data) view returns (uint256)",
]);
const words = (...values: bigint[]) =>
  AbiCoder.defaultAbiCoder().encode(
    values.map(() => "uint256"),
    values,
  );

async function feeOf(kind: "arbitrum" | "opStack", answer: (to: string, bytes: number) => string): Promise<DataFee> {
  const name = kind === "arbitrum" ? "gasEstimateL1Component" : "getL1Fee";
  const fee = await readDataFee(kind, async (to, calldata) => {
    const { data } = abi.decodeFunctionData(name, calldata);
    return answer(to, dataLength(data));
  });
  if (fee === undefined) throw new Error("no fee");
  return fee;
}

describe("bot: data fee", () => {
  const baseFeeWei = 10_000_000n;

  it("is charged as gas by Arbitrum: units of data at the price of Ethereum, at the base fee", async () => {
    // A node's answer for `bytes` bytes that do not compress, of 140 bytes of a bare transaction and its two margins, at
    // 0.03 gwei a unit.
    const gasFor = (bytes: number) => {
      const units = ((16n * BigInt(140 + bytes) + 256n) * 10_100n) / 10_000n;
      return (units * 30_000_000n * 11_000n) / 10_000n / baseFeeWei;
    };
    const asked: string[] = [];
    const fee = await feeOf("arbitrum", (to, bytes) => {
      asked.push(to);
      return words(gasFor(bytes), baseFeeWei, 30_000_000n);
    });
    expect(new Set(asked)).to.deep.equal(new Set(["0x00000000000000000000000000000000000000C8"]));
    expect(fee.asGas).to.equal(true);
    for (const bytes of [300, 868, 1_300, 2_500]) {
      const [estimated, actual] = [dataGas(fee, bytes, baseFeeWei), gasFor(bytes)];
      expect(Number(estimated - actual), `${bytes} bytes`).to.be.within(-2, 3);
    }
    expect(dataGas(fee, 868, 2n * baseFeeWei), "half the gas at twice its price").to.equal(
      (dataGas(fee, 868, baseFeeWei) + 1n) / 2n,
    );
  });

  it("is charged beside the gas by the OP Stack: Fjord's line over the compressed size, with its floor", async () => {
    // Base fee 2e6 with scalar 20, blob base fee 3e6 with scalar 15. FastLZ adds a byte to each 32 that do not compress.
    const scaled = 16n * 2_000_000n * 20n + 3_000_000n * 15n;
    const feeFor = (bytes: number) => {
      const compressed = BigInt(bytes + 68 + Math.ceil((bytes + 68) / 32));
      const size = compressed * 836_500n - 42_585_600n;
      return ((size < 100_000_000n ? 100_000_000n : size) * scaled) / 10n ** 12n;
    };
    const fee = await feeOf("opStack", (to, bytes) => {
      expect(to).to.equal("0x420000000000000000000000000000000000000F");
      return words(feeFor(bytes));
    });
    expect(fee.asGas).to.equal(false);
    for (const bytes of [300, 868, 1_300, 2_500]) {
      const [estimated, actual] = [dataFeeWei(fee, bytes), feeFor(bytes)];
      expect(Number(estimated - actual) / Number(actual), `${bytes} bytes`).to.be.within(-0.01, 0.01);
    }
  });

  it("is never below zero", () => {
    expect(dataFeeWei({ fixedWei: -500n, weiPerByte: 2n, asGas: true }, 100)).to.equal(0n);
    expect(dataFeeWei({ fixedWei: -100n, weiPerByte: 2n, asGas: true }, 100)).to.equal(100n);
  });

  it("is unknown where nobody answers, but an RPC that fails is not taken for that", async () => {
    expect(await readDataFee("arbitrum", async () => "0x")).to.equal(undefined);
    const reverting = async () => Promise.reject(new Error("execution reverted"));
    expect(await readDataFee("opStack", reverting)).to.equal(undefined);
    const failure = new RpcError("no answer");
    expect(await readDataFee("arbitrum", async () => Promise.reject(failure)).catch((error) => error)).to.equal(
      failure,
    );
  });
});
