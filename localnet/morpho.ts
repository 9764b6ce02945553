import { parseEther, ZeroAddress } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { creationOf, deployAt, type Localnet } from "./localnet.ts";
import { tokens, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";

const liquidityUsd = 2_000_000n;

/** A loan-to-value ratio that Morpho's governance has enabled everywhere. */
const lltv = parseEther("0.86");

/**
 * Puts Morpho Blue at its address, compiled from its published source, with a supplied market for every token.
 *
 * The markets have neither oracle nor interest: nobody borrows from them, and flash loans need only the tokens.
 */
export async function deployMorpho(localnet: Localnet): Promise<void> {
  const { owner } = localnet;
  const morpho = await deployAt(localnet, arbitrum.lenders.morphoBlue, await creationOf("Morpho"), [owner.address]);
  await morpho.getFunction("enableIrm")(ZeroAddress);
  await morpho.getFunction("enableLltv")(lltv);
  for (const token of tokens) {
    const market = {
      loanToken: token.address,
      collateralToken: arbitrum.weth,
      oracle: ZeroAddress,
      irm: ZeroAddress,
      lltv,
    };
    const amount = unitsWorth(token, liquidityUsd);
    await mint(localnet, token, owner.address, amount);
    await approveMax(localnet, token, arbitrum.lenders.morphoBlue);
    await morpho.getFunction("createMarket")(market);
    await morpho.getFunction("supply")(market, amount, 0n, owner, "0x");
  }
}
