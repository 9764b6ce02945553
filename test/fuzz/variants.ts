import * as dodo from "./dodo.ts";
import * as solidly from "./solidly.ts";
import * as uniswapV2 from "./uniswapV2.ts";
import type { FuzzVariant } from "./variant.ts";
import * as woofi from "./woofi.ts";

/** Everything that is fuzzed. */
export const variants: readonly FuzzVariant[] = [
  ...uniswapV2.fuzzVariants,
  ...solidly.fuzzVariants,
  ...dodo.fuzzVariants,
  ...woofi.fuzzVariants,
];
