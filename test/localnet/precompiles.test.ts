import { expect } from "chai";
import { Contract } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { creationOf } from "../../localnet/localnet.ts";
import { precompiles } from "../../localnet/precompiles.ts";
import { useArbitrum } from "../support/arbitrum.ts";

const decimals = "0x313ce567";
const withdrawAll = `0x2e1a7d4d${"f".repeat(64)}`;

describe("Arbitrum's precompiles", () => {
  const chain = useArbitrum();

  before(async function () {
    for (const [name, address] of Object.entries(precompiles)) {
      const code = await chain().ethers.provider.getCode(address);
      // Arbitrum itself has one invalid byte there: a fork sees that and not the node's answers.
      if (code.length > 4) continue;
      process.stdout.write(`      skipped: a fork of this node has no ${name}\n`);
      this.skip();
    }
  });

  async function ask(name: keyof typeof precompiles, method: string, ...args: unknown[]) {
    const { abi } = await creationOf(name);
    return new Contract(precompiles[name], abi, chain().ethers.provider).getFunction(method).staticCall(...args);
  }

  it("prices gas at its floor and what congestion adds", async () => {
    const [perL2Tx, perL1Byte, perStorage, base, congestion, total] = await ask("ArbGasInfo", "getPricesInWei");
    expect(base).to.equal(await ask("ArbGasInfo", "getMinimumGasPrice"));
    expect(base + congestion).to.equal(total);
    expect(perL1Byte).to.equal(16n * (await ask("ArbGasInfo", "getL1BaseFeeEstimate")));
    expect(perL2Tx).to.equal(140n * perL1Byte);
    expect(perStorage).to.equal(20_000n * total);
    const inGas = await ask("ArbGasInfo", "getPricesInArbGas");
    expect([...inGas]).to.deep.equal([perL2Tx / total, perL1Byte / total, 20_000n]);
  });

  it("tells the chain's own block, its id and the hashes of the last 256 blocks", async () => {
    const number: bigint = await ask("ArbSys", "arbBlockNumber");
    const parent = await chain().ethers.provider.getBlock(Number(number) - 1);
    expect(await ask("ArbSys", "arbBlockHash", number - 1n)).to.equal(parent?.hash);
    expect(await ask("ArbSys", "arbChainID")).to.equal(42161n);
    for (const requested of [number, number - 257n]) {
      if (requested < 0n) continue;
      const { abi } = await creationOf("ArbSys");
      const arbSys = new Contract(precompiles.ArbSys, abi, chain().ethers.provider);
      await expect(arbSys.getFunction("arbBlockHash")(requested))
        .to.be.revertedWithCustomError(arbSys, "InvalidBlockNumber")
        .withArgs(requested, number);
    }
  });

  it("estimates more gas for Ethereum's data the longer the data is", async () => {
    const [short, baseFee, l1BaseFee] = await ask(
      "NodeInterface",
      "gasEstimateL1Component",
      arbitrum.weth,
      false,
      "0x",
    );
    const [long] = await ask(
      "NodeInterface",
      "gasEstimateL1Component",
      arbitrum.weth,
      false,
      `0x${"11".repeat(1_000)}`,
    );
    // 16 units a byte and 16 bytes more, 1 % for the size and 10 % for the price: OffchainLabs/nitro's margins.
    const gasOf = (bytes: bigint) =>
      (((16n * (140n + bytes + 16n) * 10_100n) / 10_000n) * l1BaseFee * 11n) / 10n / baseFee;
    expect(short).to.equal(gasOf(0n));
    expect(long).to.equal(gasOf(1_000n));
  });

  it("estimates the gas of a call, with that of its data, and fails as the call fails", async () => {
    const [gas, gasForL1] = await ask("NodeInterface", "gasEstimateComponents", arbitrum.weth, false, decimals);
    const estimate = await chain().ethers.provider.estimateGas({ to: arbitrum.weth, data: decimals });
    expect(gas - gasForL1).to.be.within(estimate, estimate + 5_000n);
    const failing = ask("NodeInterface", "gasEstimateComponents", arbitrum.weth, false, withdrawAll);
    await expect(failing).to.be.revert(chain().ethers);
  });
});
