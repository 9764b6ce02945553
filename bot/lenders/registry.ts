import type { LenderName } from "../config/chains/chain.ts";
import { aaveV3 } from "./aaveV3.ts";
import { balancerV2 } from "./balancerV2.ts";
import type { Lender } from "./lender.ts";
import { morphoBlue } from "./morphoBlue.ts";
import { operator } from "./operator.ts";

/** Every lender. A forgotten one does not compile. */
export const lenders: { readonly [L in LenderName]: Lender } = { aaveV3, balancerV2, morphoBlue, operator };
