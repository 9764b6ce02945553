import type { Address, Chain } from "../config/chains/chain.ts";
import type { Call } from "../sender/chain.ts";
import { ether } from "./asset.ts";
import { decodeConversion, routerOf } from "./conversionCalls.ts";
import type { Conversion } from "./plan.ts";

/**
 * Returns why a conversion's call must not be signed, or undefined: it is decoded, and what it spends, the least that it
 * brings, the path and the receiver are the conversion's.
 */
export function problemOfConversion(
  call: Call,
  { from, to, amountIn, minOut, via }: Conversion,
  chain: Pick<Chain, "deployments" | "name" | "weth">,
  account: Address,
): string | undefined {
  if (amountIn <= 0n) return `the conversion spends ${amountIn} units`;
  if (minOut <= 0n) return `the conversion brings ${minOut} units at least`;
  const decoded = decodeConversion(call);
  if (decoded === undefined) return "the transaction is no conversion";
  const [first, last] = [from, to].map((asset) => (asset === ether ? chain.weth : asset));
  const isSwap = via.kind === "swap";
  const said: readonly (readonly [string, unknown, unknown])[] = [
    ["target", call.to, isSwap ? routerOf(chain, via.deployment) : chain.weth],
    ["kind", decoded.kind, via.kind],
    ["value", call.valueWei, from === ether ? amountIn : 0n],
    ["input", decoded.amountIn ?? call.valueWei, amountIn],
    ["ether in", decoded.spendsEther, from === ether],
    ["ether out", decoded.bringsEther, to === ether],
    ["least output", decoded.minOut, isSwap ? minOut : undefined],
    ["first token", decoded.path?.[0], isSwap ? first : undefined],
    ["last token", decoded.path?.at(-1), isSwap ? last : undefined],
    ["receiver", decoded.receiver, isSwap ? account : undefined],
  ];
  const wrong = said.find(([, actual, expected]) => actual !== expected);
  return wrong && `the ${wrong[0]} of the transaction is ${wrong[1]}, the conversion's is ${wrong[2]}`;
}
