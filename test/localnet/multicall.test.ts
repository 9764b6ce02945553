import { expect } from "chai";
import { Contract, getBytes, Interface, toBeHex, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { creationOf } from "../../localnet/localnet.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { readerAt } from "../support/reader.ts";

const erc20 = new Interface([
  "function decimals() view returns (uint8)",
  "function deposit() payable",
  "function balanceOf(address) view returns (uint256)",
]);
const decimals = { target: arbitrum.weth, callData: erc20.encodeFunctionData("decimals") };
/** WETH pays nobody more than he has. */
const failing = {
  target: arbitrum.weth,
  callData: new Interface(["function withdraw(uint256)"]).encodeFunctionData("withdraw", [1n]),
};
const eighteen = toBeHex(18n, 32);

/** The data of `Error("Multicall3: call failed")`. */
const callFailed = new Interface(["function Error(string)"]).encodeFunctionData("Error", ["Multicall3: call failed"]);

describe("Multicall3", () => {
  const chain = useArbitrum();
  let multicall3: Contract;

  before(async () => {
    const { abi } = await creationOf("Multicall3");
    const [signer] = await chain().ethers.getSigners();
    multicall3 = new Contract(arbitrum.multicall3, abi, signer);
  });

  function view(name: string, ...args: unknown[]) {
    return multicall3.getFunction(name).staticCall(...args);
  }

  async function revertDataOf(name: string, args: unknown[], value = 0n): Promise<string> {
    const { data } = await multicall3.getFunction(name).populateTransaction(...args, { value });
    const call = {
      from: (await chain().ethers.getSigners())[0]?.address,
      to: arbitrum.multicall3,
      data,
      value: toBeHex(value),
    };
    try {
      await chain().provider.request({ method: "eth_call", params: [call, "latest"] });
    } catch (error) {
      return (error as { data: string }).data;
    }
    throw new Error(`${name} does not revert`);
  }

  it("aggregate returns the block's number and what each call returned", async () => {
    const [blockNumber, returnData] = await view("aggregate", [decimals, decimals]);
    expect(blockNumber).to.equal(await view("getBlockNumber"));
    expect([...returnData]).to.deep.equal([eighteen, eighteen]);
  });

  it("tryAggregate returns a failure beside the successes", async () => {
    const results = await view("tryAggregate", false, [decimals, failing]);
    expect(results.map((result: { success: boolean }) => result.success)).to.deep.equal([true, false]);
  });

  it("tryBlockAndAggregate and blockAndAggregate return 0 for the hash of the block they run in", async () => {
    for (const [, blockHash, results] of [
      await view("tryBlockAndAggregate", false, [decimals]),
      await view("blockAndAggregate", [decimals]),
    ]) {
      expect(blockHash).to.equal(ZeroHash);
      expect(results[0].returnData).to.equal(eighteen);
    }
  });

  it("aggregate3 lets a call fail that may fail", async () => {
    const results = await view("aggregate3", [
      { ...decimals, allowFailure: false },
      { ...failing, allowFailure: true },
    ]);
    expect(results.map((result: { success: boolean }) => result.success)).to.deep.equal([true, false]);
  });

  it("aggregate3Value passes ETH on, and keeps what a failing call did not take", async () => {
    const value = 5n;
    const deposit = {
      target: arbitrum.weth,
      allowFailure: false,
      value,
      callData: erc20.encodeFunctionData("deposit"),
    };
    const refused = { ...failing, allowFailure: true, value: 2n };
    const weth = new Contract(arbitrum.weth, erc20, chain().ethers.provider);
    const before = await weth.getFunction("balanceOf")(arbitrum.multicall3);
    const etherBefore = await view("getEthBalance", arbitrum.multicall3);
    await multicall3.getFunction("aggregate3Value")([deposit, refused], { value: value + 2n });
    expect(await weth.getFunction("balanceOf")(arbitrum.multicall3)).to.equal(before + value);
    expect(await view("getEthBalance", arbitrum.multicall3)).to.equal(etherBefore + 2n);
  });

  for (const [name, args] of [
    ["aggregate", [[failing]]],
    ["tryAggregate", [true, [failing]]],
    ["tryBlockAndAggregate", [true, [failing]]],
    ["blockAndAggregate", [[failing]]],
    ["aggregate3", [[{ ...failing, allowFailure: false }]]],
  ] as const) {
    it(`${name} reverts with "Multicall3: call failed" when a call fails that must not`, async () => {
      expect(await revertDataOf(name, [...args])).to.equal(callFailed);
    });
  }

  it("aggregate3Value reverts with the same string and 32 bytes of padding", async () => {
    const data = await revertDataOf("aggregate3Value", [[{ ...failing, allowFailure: false, value: 0n }]]);
    expect(data).to.equal(callFailed + ZeroHash.slice(2));
    expect(getBytes(data)).to.have.length(0x84);
  });

  it("aggregate3Value reverts when it was sent more than its calls take", async () => {
    const data = await revertDataOf("aggregate3Value", [[]], 1n);
    const expected = new Interface(["function Error(string)"]).encodeFunctionData("Error", [
      "Multicall3: value mismatch",
    ]);
    expect(data).to.equal(expected);
  });

  it("tells the block it runs in", async () => {
    const { provider } = chain().ethers;
    const { chainId } = await provider.getNetwork();
    const pinned = await provider.getBlock("latest");
    if (pinned === null) throw new Error("The chain has no block.");
    const at = { blockTag: pinned.number };
    expect(await view("getChainId", at)).to.equal(chainId);
    expect(await view("getCurrentBlockTimestamp", at)).to.equal(pinned.timestamp);
    expect(await view("getCurrentBlockGasLimit", at)).to.equal(pinned.gasLimit);
    expect(await view("getCurrentBlockCoinbase", at)).to.equal(pinned.miner);
    expect(await view("getBasefee", at)).to.be.a("bigint");
    expect(await view("getCurrentBlockDifficulty", at)).to.be.a("bigint");
    const number: bigint = await view("getBlockNumber", at);
    expect(await view("getLastBlockHash", at)).to.equal(await view("getBlockHash", number - 1n, at));
    expect(await view("getLastBlockHash", at)).to.not.equal(ZeroHash);
  });

  it("reads a batch pinned to one block for readerAt, with failures beside successes", async () => {
    const reader = readerAt(chain(), await chain().ethers.provider.getBlockNumber());
    const results = await reader.read([
      { target: decimals.target, data: decimals.callData },
      { target: failing.target, data: failing.callData },
    ]);
    expect(results.map(({ success }) => success)).to.deep.equal([true, false]);
    expect(results[0]?.data).to.equal(eighteen);
  });
});
