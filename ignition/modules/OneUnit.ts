import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";

/** What Ignition asks to know of a contract that it only calls. */
const erc20 = {
  _format: "hh3-artifact-1",
  contractName: "IERC20",
  sourceName: "",
  abi: [
    {
      type: "function",
      name: "transfer",
      stateMutability: "nonpayable",
      inputs: [
        { name: "to", type: "address" },
        { name: "amount", type: "uint256" },
      ],
      // The bool is left out: some tokens answer nothing.
      outputs: [],
    },
  ],
  bytecode: "0x",
  deployedBytecode: "0x",
  linkReferences: {},
  deployedLinkReferences: {},
};

/**
 * Gives a deployed FlashArbitrage one unit of each token from the deployer's account, so that no trade moves a balance of
 * the contract from zero and back. The contract and every token, by its symbol, are parameters without a default.
 */
export default buildModule("OneUnit", (m) => {
  const flashArbitrage = m.contractAt("FlashArbitrage", m.getParameter<string>("flashArbitrage"));
  // Fails where the address is none of a FlashArbitrage: nothing can be sent back from there.
  const known = m.staticCall(flashArbitrage, "treasury");
  for (const { symbol } of arbitrum.tokens) {
    const id = symbol.replaceAll(".", "");
    const token = m.contractAt(id, erc20, m.getParameter<string>(symbol));
    m.call(token, "transfer", [flashArbitrage, 1n], { id: `transfer${id}`, after: [known] });
  }
  return { flashArbitrage };
});
