import { Interface } from "ethers";
import { type Address, type Chain, deploymentsOf } from "../config/chains/chain.ts";
import type { Call } from "../sender/chain.ts";
import { ether } from "./asset.ts";
import type { Conversion } from "./plan.ts";

const wrapped = new Interface(["function deposit() payable", "function withdraw(uint256 wad)"]);
const erc20 = new Interface(["function approve(address spender, uint256 amount) returns (bool)"]);

/** Of Uniswap V2's router, which those of its kind repeat. */
const router = new Interface([
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) returns (uint256[] amounts)",
  "function swapExactTokensForETH(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) returns (uint256[] amounts)",
  "function swapExactETHForTokens(uint256 amountOutMin, address[] path, address to, uint256 deadline) payable returns (uint256[] amounts)",
]);

/** Returns the router of a deployment of Uniswap V2's kind. */
export function routerOf(chain: Pick<Chain, "deployments" | "name">, deployment: string): Address {
  const found = chain.deployments.find(({ name, venue }) => name === deployment && venue === "uniswapV2");
  if (found?.venue !== "uniswapV2")
    throw new Error(`${chain.name} lists no exchange ${deployment} of Uniswap V2's kind.`);
  return found.router;
}

/** Lists the exchanges through whose routers the wallet can convert. */
export function convertingExchanges(chain: Chain): readonly string[] {
  return deploymentsOf(chain, "uniswapV2").map(({ name }) => name);
}

/** Encodes a conversion as the wallet sends it. What comes out goes to `account`. */
export function conversionCall(
  { from, to, amountIn, minOut, via }: Conversion,
  chain: Pick<Chain, "deployments" | "name" | "weth">,
  account: Address,
  deadlineSeconds: bigint,
): Call {
  switch (via.kind) {
    case "wrap":
      return { to: chain.weth, data: wrapped.encodeFunctionData("deposit"), valueWei: amountIn };
    case "unwrap":
      return { to: chain.weth, data: wrapped.encodeFunctionData("withdraw", [amountIn]), valueWei: 0n };
    case "swap": {
      const target = routerOf(chain, via.deployment);
      const rest = [minOut, via.path, account, deadlineSeconds];
      if (from === ether) {
        const data = router.encodeFunctionData("swapExactETHForTokens", rest);
        return { to: target, data, valueWei: amountIn };
      }
      const name = to === ether ? "swapExactTokensForETH" : "swapExactTokensForTokens";
      return { to: target, data: router.encodeFunctionData(name, [amountIn, ...rest]), valueWei: 0n };
    }
  }
}

/** What a conversion's call says, as far as it says it: wrapping and unwrapping name no path and no receiver. */
export interface DecodedConversion {
  readonly kind: "wrap" | "unwrap" | "swap";
  /** Undefined where the call's value is what it spends. */
  readonly amountIn: bigint | undefined;
  readonly minOut: bigint | undefined;
  readonly path: readonly Address[] | undefined;
  readonly receiver: Address | undefined;
  readonly spendsEther: boolean;
  readonly bringsEther: boolean;
}

/** Decodes a conversion's call, or returns undefined where it is none. */
export function decodeConversion({ data, valueWei }: Call): DecodedConversion | undefined {
  const named = { amountIn: undefined, minOut: undefined, path: undefined, receiver: undefined };
  const wrapping = wrapped.parseTransaction({ data, value: valueWei });
  if (wrapping?.name === "deposit") return { ...named, kind: "wrap", spendsEther: true, bringsEther: false };
  if (wrapping?.name === "withdraw") {
    const [amountIn] = wrapping.args;
    return { ...named, kind: "unwrap", amountIn, spendsEther: false, bringsEther: true };
  }
  const swap = router.parseTransaction({ data, value: valueWei });
  if (swap === null) return undefined;
  const spendsEther = swap.name === "swapExactETHForTokens";
  const [minOut, path, receiver]: [bigint, readonly string[], string] = spendsEther
    ? [swap.args[0], swap.args[1], swap.args[2]]
    : [swap.args[1], swap.args[2], swap.args[3]];
  return {
    kind: "swap",
    amountIn: spendsEther ? undefined : swap.args[0],
    minOut,
    path: [...path],
    receiver,
    spendsEther,
    bringsEther: swap.name === "swapExactTokensForETH",
  };
}

/** Encodes the approval of exactly `amount` units. */
export function approvalCall(token: Address, spender: Address, amount: bigint): Call {
  return { to: token, data: erc20.encodeFunctionData("approve", [spender, amount]), valueWei: 0n };
}
