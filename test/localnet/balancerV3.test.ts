import { expect } from "chai";
import { Contract, Interface } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, tokenOf } from "../../bot/config/chains/chain.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { setTokenBalance } from "../support/fund.ts";

const { address: weth } = tokenOf(arbitrum, "WETH");
const { address: usdc } = tokenOf(arbitrum, "USDC");
const vaultAddress = arbitrum.lenders.balancerV3;

const vaultAbi = new Interface([
  "function unlock(bytes data) returns (bytes)",
  "function settle(address token, uint256 amountHint) returns (uint256)",
  "function sendTo(address token, address to, uint256 amount)",
  "function getReservesOf(address token) view returns (uint256)",
  "function isUnlocked() view returns (bool)",
  "function getNonzeroDeltaCount() view returns (uint256)",
  "function getTokenDelta(address token) view returns (int256)",
  "error BalanceNotSettled()",
  "error VaultIsNotUnlocked()",
]);
const multicallAbi = new Interface([
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])",
]);
const panicAbi = new Interface(["error Panic(uint256)"]);
const tokenAbi = new Interface(["function transfer(address to, uint256 amount)"]);

/** One call of a session, as Multicall3 takes it. */
interface SessionCall {
  readonly target: Address;
  readonly allowFailure: boolean;
  readonly callData: string;
}
/** What became of a call. */
interface Outcome {
  readonly success: boolean;
  readonly returnData: string;
}

const vaultCall = (name: string, args: readonly unknown[] = [], allowFailure = false): SessionCall => ({
  target: vaultAddress,
  allowFailure,
  callData: vaultAbi.encodeFunctionData(name, args),
});
const take = (token: Address, amount: bigint) => vaultCall("sendTo", [token, arbitrum.multicall3, amount]);
const settle = (token: Address, hint: bigint) => vaultCall("settle", [token, hint]);
const pay = (token: Address, amount: bigint): SessionCall => ({
  target: token,
  allowFailure: false,
  callData: tokenAbi.encodeFunctionData("transfer", [vaultAddress, amount]),
});
/** The vault calls back whoever unlocks it with what it was given: here Multicall3 with its calls. */
const unlock = (calls: readonly SessionCall[], allowFailure = false) =>
  vaultCall("unlock", [multicallAbi.encodeFunctionData("aggregate3", [calls])], allowFailure);

const errorOf = ({ success, returnData }: Outcome) => (success ? undefined : vaultAbi.parseError(returnData)?.name);
/** What the calls of a session that ended well returned. */
function outcomesIn({ success, returnData }: Outcome): readonly Outcome[] {
  expect(success, `the session ends: ${returnData}`).to.equal(true);
  const [answer] = vaultAbi.decodeFunctionResult("unlock", returnData);
  return [...multicallAbi.decodeFunctionResult("aggregate3", answer)[0]] as Outcome[];
}
const answerOf = (name: string, outcome: Outcome | undefined) =>
  vaultAbi.decodeFunctionResult(name, outcome?.returnData ?? "0x")[0];

describe("Balancer V3 on the chain under test", () => {
  const chain = useArbitrum();
  const amount = 10n ** 15n;
  let vault: Contract;
  let multicall3: Contract;
  let reserves: bigint;

  before(async () => {
    const [signer] = await chain().ethers.getSigners();
    vault = new Contract(vaultAddress, vaultAbi, signer);
    multicall3 = new Contract(arbitrum.multicall3, multicallAbi, signer);
    reserves = await reservesOf(weth);
    if (reserves < amount) throw new Error(`The vault holds ${reserves} wei of WETH: the tests need ${amount}.`);
    await setTokenBalance(chain(), weth, arbitrum.multicall3, amount);
  });

  const reservesOf = (token: Address): Promise<bigint> => vault.getFunction("getReservesOf")(token);

  /** Lets Multicall3 make a session of these calls, for real, and returns what became of it. */
  async function session(calls: readonly SessionCall[]): Promise<Outcome> {
    const [outcome] = await multicall3.getFunction("aggregate3").staticCall([unlock(calls, true)]);
    await multicall3.getFunction("aggregate3")([unlock(calls, true)]);
    return outcome;
  }

  it("lends all of its reserves for nothing, to whoever settles them", async () => {
    outcomesIn(await session([take(weth, reserves), pay(weth, reserves), settle(weth, reserves)]));
    expect(await reservesOf(weth)).to.equal(reserves);
    expect(await erc20(weth, chain().ethers.provider).balanceOf(arbitrum.multicall3)).to.equal(amount);
  });

  it("is unlocked for as long as the session lasts, and counts what is open in it", async () => {
    const views = [vaultCall("isUnlocked"), vaultCall("getNonzeroDeltaCount"), vaultCall("getTokenDelta", [weth])];
    const outcomes = outcomesIn(
      await session([...views, take(weth, amount), ...views, pay(weth, amount), settle(weth, amount), ...views]),
    );
    const seen = (from: number) => [
      answerOf("isUnlocked", outcomes[from]),
      answerOf("getNonzeroDeltaCount", outcomes[from + 1]),
      answerOf("getTokenDelta", outcomes[from + 2]),
    ];
    expect(seen(0), "before").to.deep.equal([true, 0n, 0n]);
    expect(seen(4), "with the loan").to.deep.equal([true, 1n, amount]);
    expect(seen(9), "after the settlement").to.deep.equal([true, 0n, 0n]);
    expect(await vault.getFunction("isUnlocked")()).to.equal(false);
  });

  it("reverts VaultIsNotUnlocked for whoever settles or takes outside a session", async () => {
    const [account] = await chain().ethers.getSigners();
    for (const sent of [
      vault.getFunction("settle")(weth, 0n),
      vault.getFunction("sendTo")(weth, account?.address, 1n),
    ]) {
      await expect(sent).to.be.revertedWithCustomError(vault, "VaultIsNotUnlocked");
    }
  });

  it("is locked again after a session: the next call of the same transaction reverts VaultIsNotUnlocked", async () => {
    const calls = [unlock([]), vaultCall("sendTo", [weth, arbitrum.multicall3, 1n], true)];
    const [ended, late] = (await multicall3.getFunction("aggregate3").staticCall(calls)) as [Outcome, Outcome];
    expect(ended.success).to.equal(true);
    expect(errorOf(late)).to.equal("VaultIsNotUnlocked");
  });

  it("reverts BalanceNotSettled when nothing, or a unit less than was taken, comes back", async () => {
    for (const calls of [
      [take(weth, amount)],
      [take(weth, amount), pay(weth, amount - 1n), settle(weth, amount)],
      [take(weth, amount), pay(weth, amount)],
    ]) {
      expect(errorOf(await session(calls))).to.equal("BalanceNotSettled");
    }
    expect(await reservesOf(weth), "nothing happened").to.equal(reserves);
  });

  it("reverts BalanceNotSettled when another token comes back", async () => {
    await setTokenBalance(chain(), usdc, arbitrum.multicall3, amount);
    expect(errorOf(await session([take(weth, amount), pay(usdc, amount), settle(usdc, amount)]))).to.equal(
      "BalanceNotSettled",
    );
  });

  it("credits no more than the hint: what is above it stays in the reserves, and what is below it is still owed", async () => {
    const more = [take(weth, amount), pay(weth, amount + 7n), settle(weth, amount)];
    const [, , credit] = outcomesIn(await session(more));
    expect(answerOf("settle", credit)).to.equal(amount);
    expect(await reservesOf(weth)).to.equal(reserves + 7n);
    const less = [take(weth, amount), pay(weth, amount), settle(weth, amount - 1n)];
    expect(errorOf(await session(less))).to.equal("BalanceNotSettled");
  });

  it("credits no more than what arrived, whatever the hint", async () => {
    const calls = [take(weth, amount), pay(weth, amount), settle(weth, 2n ** 100n), settle(weth, 2n ** 100n)];
    const [, , credit, again] = outcomesIn(await session(calls));
    expect(answerOf("settle", credit)).to.equal(amount);
    expect(answerOf("settle", again)).to.equal(0n);
  });

  it("reverts BalanceNotSettled while it owes: a credit that nobody takes is none that may stay", async () => {
    expect(errorOf(await session([pay(weth, 5n), settle(weth, 5n)]))).to.equal("BalanceNotSettled");
    outcomesIn(await session([pay(weth, 5n), settle(weth, 5n), take(weth, 5n)]));
  });

  it("does not lend what was sent to it and not settled", async () => {
    await setTokenBalance(chain(), weth, vaultAddress, reserves + 5n);
    const all = reserves + 5n;
    const beyond = vaultCall("sendTo", [weth, arbitrum.multicall3, all], true);
    const [refused] = outcomesIn(await session([beyond]));
    expect(refused?.success).to.equal(false);
    // An underflow of the reserves, which are checked before any balance.
    expect(refused?.returnData).to.equal(panicAbi.encodeErrorResult("Panic", [0x11n]));
    outcomesIn(await session([settle(weth, 0n), take(weth, all), pay(weth, all), settle(weth, all)]));
    expect(await reservesOf(weth)).to.equal(reserves + 5n);
  });

  it("counts at the end of the outermost session only, which owes what an inner one left open", async () => {
    outcomesIn(await session([unlock([take(weth, amount)]), pay(weth, amount), settle(weth, amount)]));
    expect(errorOf(await session([unlock([take(weth, amount)])]))).to.equal("BalanceNotSettled");
  });

  it("passes on what its caller reverts with", async () => {
    const outcome = await session([take(weth, reserves + 1n)]);
    const reason = new Interface(["error Error(string)"]).encodeErrorResult("Error", ["Multicall3: call failed"]);
    expect(outcome.returnData).to.equal(reason);
  });
});
