import { AbiCoder, Interface } from "ethers";
import type { Address } from "../config/chains/chain.ts";
import { integerOf, type Lender } from "./lender.ts";

const balancer = new Interface([
  "function getProtocolFeesCollector() view returns (address)",
  "function getFlashLoanFeePercentage() view returns (uint256)",
  "function balanceOf(address account) view returns (uint256)",
]);

/** Lends what the vault holds, for the fee that the protocol's fee collector names. Its setup is that collector. */
export const balancerV2: Lender<Address | undefined> = {
  name: "balancerV2",

  async discover({ chain }, reader) {
    const data = balancer.encodeFunctionData("getProtocolFeesCollector");
    const [result] = await reader.read([{ target: chain.lenders.balancerV2, data }]);
    if (integerOf(result) === undefined) return undefined;
    return AbiCoder.defaultAbiCoder().decode(["address"], result?.data ?? "0x")[0];
  },

  reads({ chain, tokens }, feesCollector) {
    if (feesCollector === undefined) return [];
    return [
      { target: feesCollector, data: balancer.encodeFunctionData("getFlashLoanFeePercentage") },
      ...tokens.map(({ address }) => ({
        target: address,
        data: balancer.encodeFunctionData("balanceOf", [chain.lenders.balancerV2]),
      })),
    ];
  },

  decode({ tokens }, _feesCollector, [fee, ...balances]) {
    const feeRate = integerOf(fee);
    if (feeRate === undefined) return [];
    return tokens.flatMap(({ address: token }, index) => {
      const available = integerOf(balances[index]);
      return available === undefined || available === 0n
        ? []
        : [{ lender: "balancerV2" as const, token, available, feeRate }];
    });
  },
};
