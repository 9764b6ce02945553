import config from "../../hardhat.config.ts";

/** The project's configuration with another Etherscan: the stand-in of test/support/etherscan.ts. */
export default {
  ...config,
  chainDescriptors: {
    42161: {
      name: "Arbitrum One",
      blockExplorers: {
        etherscan: {
          name: "Etherscan",
          url: "https://arbiscan.io",
          apiUrl: process.env.ETHERSCAN_API_URL ?? "",
        },
      },
    },
  },
  verify: { ...config.verify, blockscout: { enabled: false }, sourcify: { enabled: false } },
};
