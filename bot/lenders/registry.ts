import type { AskedLenderName } from "../config/chains/chain.ts";
import { aaveV3 } from "./aaveV3.ts";
import { balancerV2 } from "./balancerV2.ts";
import { balancerV3 } from "./balancerV3.ts";
import type { Lender } from "./lender.ts";
import { morphoBlue } from "./morphoBlue.ts";
import { operator } from "./operator.ts";

/** Every lender that is asked. A forgotten one does not compile. */
export const lenders: { readonly [L in AskedLenderName]: Lender } = {
  aaveV3,
  balancerV2,
  morphoBlue,
  operator,
  balancerV3,
};

export const askedLenderNames = Object.keys(lenders) as readonly AskedLenderName[];
