import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * Deploys FlashArbitrage. Every argument is a parameter without a default: a deployment that forgets one stops before
 * it sends anything.
 */
export default buildModule("FlashArbitrage", (m) => {
  const flashArbitrage = m.contract("FlashArbitrage", [
    m.getParameter("owner"),
    m.getParameter("treasury"),
    m.getParameter("guardian"),
    m.getParameter("operators"),
    m.getParameter("operatorLoanCaps"),
    m.getParameter("protocols"),
  ]);
  return { flashArbitrage };
});
