import { expect } from "chai";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../../bot/config/chains/chain.ts";
import { ether } from "../../../bot/wallet/asset.ts";
import { approvalCall, conversionCall } from "../../../bot/wallet/conversionCalls.ts";
import { problemOfConversion } from "../../../bot/wallet/conversionCheck.ts";
import type { Conversion } from "../../../bot/wallet/plan.ts";

const account = "0x6A47346e722937B60Df7a1149168c0E76DD6520f";
const [weth, usdc, usdt] = [tokenOf(arbitrum, "WETH"), tokenOf(arbitrum, "USDC"), tokenOf(arbitrum, "USDT")];
const amounts = { amountIn: 1_000n, amountOut: 900n, minOut: 890n, reason: "a test" };
const swap = (from: string, to: string, path: readonly string[]): Conversion => ({
  ...amounts,
  from,
  to,
  via: { kind: "swap", deployment: "SushiSwap V2", path },
});
const kinds: Record<string, Conversion> = {
  wrap: { ...amounts, from: ether, to: weth.address, via: { kind: "wrap" } },
  unwrap: { ...amounts, from: weth.address, to: ether, via: { kind: "unwrap" } },
  "token for ether": swap(usdc.address, ether, [usdc.address, weth.address]),
  "ether for token": swap(ether, usdc.address, [weth.address, usdc.address]),
  "token for token": swap(usdt.address, usdc.address, [usdt.address, weth.address, usdc.address]),
};
const callOf = (conversion: Conversion) => conversionCall(conversion, arbitrum, account, 1n);
const problem = (conversion: Conversion, call = callOf(conversion)) =>
  problemOfConversion(call, conversion, arbitrum, account);

describe("wallet: the conversion about to be signed", () => {
  for (const [kind, conversion] of Object.entries(kinds)) {
    it(`lets ${kind} pass as it is, and refuses it with any other amount or receiver`, () => {
      expect(problem(conversion)).to.equal(undefined);
      // 434 where 0.146 was meant.
      const much = { ...conversion, amountIn: conversion.amountIn * 2_972n };
      expect(problem(conversion, callOf(much))).to.match(/^the (value|input) of the transaction is 2972000/);
      expect(problem(conversion, { ...callOf(conversion), to: account })).to.match(/^the target/);
      const value = { ...callOf(conversion), valueWei: 1n };
      expect(problem(conversion, value)).to.match(/^the value/);
      if (conversion.via.kind !== "swap") return;
      expect(problem(conversion, callOf({ ...conversion, minOut: 1n }))).to.match(/^the least output/);
      const other = conversionCall(conversion, arbitrum, weth.address, 1n);
      expect(problem(conversion, other)).to.match(/^the receiver/);
      const { path } = conversion.via;
      const reversed = { ...conversion, via: { ...conversion.via, path: [...path].reverse() } };
      expect(problem(conversion, callOf(reversed))).to.match(/^the first token/);
      const longer = { ...conversion, via: { ...conversion.via, path: [...path, usdt.address] } };
      expect(problem(conversion, callOf(longer))).to.match(/^the last token/);
    });
  }

  it("refuses one kind for another, and what is no conversion", () => {
    const { wrap, unwrap } = kinds as { wrap: Conversion; unwrap: Conversion };
    expect(problem(wrap, { ...callOf(unwrap), valueWei: wrap.amountIn })).to.match(/^the kind/);
    expect(problem(wrap, approvalCall(weth.address, account, 1n))).to.equal("the transaction is no conversion");
    expect(problem({ ...wrap, amountIn: 0n })).to.contain("spends 0 units");
    expect(problem({ ...wrap, minOut: 0n })).to.contain("brings 0 units");
  });
});
