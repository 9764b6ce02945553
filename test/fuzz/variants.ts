import * as algebra from "./algebra.ts";
import * as balancer from "./balancer.ts";
import * as dodo from "./dodo.ts";
import * as solidly from "./solidly.ts";
import * as uniswapV2 from "./uniswapV2.ts";
import * as uniswapV3 from "./uniswapV3.ts";
import type { FuzzVariant } from "./variant.ts";
import * as woofi from "./woofi.ts";

/** Everything that is fuzzed. */
export const variants: readonly FuzzVariant[] = [
  ...uniswapV2.fuzzVariants,
  ...uniswapV3.fuzzVariants,
  ...algebra.fuzzVariants,
  ...balancer.fuzzVariants,
  ...solidly.fuzzVariants,
  ...dodo.fuzzVariants,
  ...woofi.fuzzVariants,
];
