import { AbiCoder, dataSlice, Interface, MaxUint256, ZeroAddress } from "ethers";
import type { Address, Deployment, SolidlyGeneration } from "../bot/config/chains/chain.ts";
import { maxSqrtPriceX96, minSqrtPriceX96 } from "../bot/venues/concentratedLiquidity.ts";
import type { HopCall, Swap } from "../bot/venues/venue.ts";
import { poolCaller } from "./concentrated.ts";

/** A swap as a router takes it from an account. */
export interface RouterCall {
  /** Whom the account must have approved for the input. */
  readonly spender: Address;
  readonly to: Address;
  readonly data: string;
}

const solidly = new Interface([
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, (address from, address to, bool stable)[] routes, address to, uint256 deadline)",
]);
const velodromeV2 = new Interface([
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, (address from, address to, bool stable, address factory)[] routes, address to, uint256 deadline)",
]);
const camelotV2 = new Interface([
  "function swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, address referrer, uint256 deadline)",
]);
const algebra = new Interface([
  "function exactInputSingle((address tokenIn, address tokenOut, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice) params) payable",
]);
const woofi = new Interface([
  "function swap(address fromToken, address toToken, uint256 fromAmount, uint256 minToAmount, address to, address rebateTo) payable",
]);
const dodo = new Interface([
  "function mixSwap(address fromToken, address toToken, uint256 fromTokenAmount, uint256 minReturnAmount, address[] mixAdapters, address[] mixPairs, address[] assetTo, uint256 directions, bytes[] moreInfos, bytes feeData, uint256 deadLine) payable",
]);
const balancer = new Interface([
  "function swap((bytes32 poolId, uint8 kind, address assetIn, address assetOut, uint256 amount, bytes userData) singleSwap, (address sender, bool fromInternalBalance, address recipient, bool toInternalBalance) funds, uint256 limit, uint256 deadline) payable",
]);
const uniswapV2 = new Interface([
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline)",
]);

/** Pools ask their caller for payment, so an account needs a contract between: PoolCaller is the localnet's own. */
const pools = new Interface([
  "function swap(address pool, bool zeroToOne, uint256 amountIn, uint160 limitSqrtPriceX96)",
]);

const coder = AbiCoder.defaultAbiCoder();

/** Encodes a swap as an account sends it to the venue's router, from what the venue's module says of the hop. */
export function routerCall(deployment: Deployment, hop: HopCall, swap: Swap, account: Address): RouterCall {
  const { tokenIn, tokenOut, amountIn } = swap;
  const to = hop.target;
  switch (deployment.venue) {
    case "solidly":
      return { spender: to, to, data: solidlyCall(deployment.generation, hop, swap, account) };
    case "algebra": {
      const params = [tokenIn, tokenOut, account, MaxUint256, amountIn, 1n, 0n];
      return { spender: to, to, data: algebra.encodeFunctionData("exactInputSingle", [params]) };
    }
    case "woofi": {
      const args = [tokenIn, tokenOut, amountIn, 1n, account, ZeroAddress];
      return { spender: to, to, data: woofi.encodeFunctionData("swap", args) };
    }
    case "dodo": {
      const types = ["address[]", "address[]", "address[]", "uint256", "bytes[]", "bytes"];
      const route = coder.decode(types, dataSlice(hop.data, 4));
      const args = [tokenIn, tokenOut, amountIn, 1n, ...route, MaxUint256];
      return { spender: deployment.approve, to, data: dodo.encodeFunctionData("mixSwap", args) };
    }
    case "balancer": {
      const [poolId] = coder.decode(["bytes32"], hop.data);
      const givenIn = 0;
      const singleSwap = [poolId, givenIn, tokenIn, tokenOut, amountIn, "0x"];
      const args = [singleSwap, [account, false, account, false], 1n, MaxUint256];
      return { spender: to, to, data: balancer.encodeFunctionData("swap", args) };
    }
    case "uniswapV3": {
      const zeroToOne = BigInt(tokenIn) < BigInt(tokenOut);
      const args = [to, zeroToOne, amountIn, zeroToOne ? minSqrtPriceX96 : maxSqrtPriceX96];
      return { spender: poolCaller, to: poolCaller, data: pools.encodeFunctionData("swap", args) };
    }
    case "uniswapV2": {
      const args = [amountIn, 1n, [tokenIn, tokenOut], account, MaxUint256];
      return { spender: to, to, data: uniswapV2.encodeFunctionData("swapExactTokensForTokens", args) };
    }
  }
}

function solidlyCall(generation: SolidlyGeneration, hop: HopCall, swap: Swap, account: Address): string {
  const { tokenIn, tokenOut, amountIn } = swap;
  switch (generation) {
    case "solidly": {
      const [stable] = coder.decode(["bool"], hop.data);
      const args = [amountIn, 1n, [[tokenIn, tokenOut, stable]], account, MaxUint256];
      return solidly.encodeFunctionData("swapExactTokensForTokens", args);
    }
    case "velodromeV2": {
      const [stable, factory] = coder.decode(["bool", "address"], hop.data);
      const args = [amountIn, 1n, [[tokenIn, tokenOut, stable, factory]], account, MaxUint256];
      return velodromeV2.encodeFunctionData("swapExactTokensForTokens", args);
    }
    case "camelotV2": {
      const args = [amountIn, 1n, [tokenIn, tokenOut], account, ZeroAddress, MaxUint256];
      return camelotV2.encodeFunctionData("swapExactTokensForTokensSupportingFeeOnTransferTokens", args);
    }
  }
}
