import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { creationOf, deploy, deployAt, type Localnet } from "./localnet.ts";
import { tokens, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";

const depositUsd = 2_000_000n;

/** Puts the twin of Balancer V3's vault at its address, with reserves of every token. It has no pools. */
export async function deployBalancerV3(localnet: Localnet): Promise<void> {
  const { owner } = localnet;
  const vault = await deployAt(localnet, arbitrum.lenders.balancerV3, await creationOf("BalancerV3Vault"));
  const depositor = await deploy(localnet, await creationOf("BalancerV3Depositor"), [vault.target]);
  for (const token of tokens) {
    const amount = unitsWorth(token, depositUsd);
    await mint(localnet, token, owner.address, amount);
    await approveMax(localnet, token, String(depositor.target));
    await depositor.getFunction("deposit")(token.address, amount);
  }
}
