import type { Chain } from "./chain.ts";

// Tokens: @aave-dao/aave-address-book 4.68.1 and @uniswap/sdk-core 7.19.4 agree.
const WETH = "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1";
const USDC = "0xaf88d065e77c8cC2239327C5EDb3A432268e5831";
const USDCe = "0xFF970A61A04b1cA14834A43f5dE4533eBDDB5CC8";
const USDT = "0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9";
const DAI = "0xDA10009cBd5D07dd0CeCc66161FC93D7c9000da1";
const ARB = "0x912CE59144191C1204E64559FE8253a0e49E6548";
const WBTC = "0x2f2a2543B76A4166549F7aaB2e75Bef0aefC5B0f";

// balancer/balancer-deployments addresses/arbitrum.json
const BALANCER_VAULT = "0xBA12222222228d8Ba445958a75a0704d566BF2C8";

export const arbitrum: Chain = {
  name: "arbitrum",
  id: 42161,
  dataFee: "arbitrum",
  weth: WETH,
  // mds1/multicall deployments.json
  multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
  tokens: [
    { symbol: "WETH", address: WETH, decimals: 18 },
    { symbol: "USDC", address: USDC, decimals: 6 },
    { symbol: "USDC.e", address: USDCe, decimals: 6 },
    { symbol: "USDT", address: USDT, decimals: 6 },
    { symbol: "DAI", address: DAI, decimals: 18 },
    { symbol: "ARB", address: ARB, decimals: 18 },
    { symbol: "WBTC", address: WBTC, decimals: 8 },
  ],
  deployments: [
    {
      venue: "solidly",
      generation: "solidly",
      name: "Ramses V1",
      // @paraswap/dex-lib 5.0.6 build/dex/solidly/config.js; the router from public dHEDGE configuration
      factory: "0xAAA20D08e59F6561f242b08513D36266C5A29415",
      router: "0xAAA87963EFeB6f7E0a2711F397663105Acb1805e",
    },
    {
      venue: "solidly",
      generation: "camelotV2",
      name: "Camelot V2",
      // @paraswap/dex-lib 5.0.6 build/dex/camelot/config.js; the router from public configurations
      factory: "0x6EcCab422D763aC031210895C81787E87B43A652",
      router: "0xc873fEcbd354f5A56E00E710B90EF4201db2448d",
    },
    {
      venue: "algebra",
      name: "Zyberswap V3",
      // Public configurations; the deployer and the pool init-code hash derive pools that exist.
      factory: "0x9C2ABD632771b433E5E7507BcaA41cA3b25D8544",
      poolDeployer: "0x24E85F5F94C6017d2d87b434394e87df4e4D56E3",
      router: "0xFa58b8024B49836772180f2Df902f231ba712F72",
      quoter: "0xAeD211346Fa2E6A5063b4f273BCf7DDbD0368d62",
    },
    {
      venue: "algebra",
      name: "Camelot V3",
      // @paraswap/dex-lib 5.0.6 build/dex/algebra/config.js
      factory: "0x1a3c9B1d2F0529D97f2afC5136Cc23e58f1FD35B",
      poolDeployer: "0x6Dd3FB9653B10e806650F107C3B5A0a6fF974F65",
      router: "0x1F721E2E82F6676FCE4eA07A5958cF098D339e18",
      quoter: "0x0Fc73040b26E9bC8514fA028D998E73A254Fa76E",
    },
    {
      venue: "woofi",
      name: "WOOFi",
      // woonetwork/docs references/readme/arbitrum-one.md
      router: "0x4c4AF8DBc524681930a27b2F1Af5bcC8062E6fB7",
      pool: "0x5520385bFcf07Ec87C4c53A7d8d65595Dff69FA4",
      oracle: "0xCf4EA1688bc23DD93D933edA535F8B72FC8934Ec",
      quoteToken: USDC,
    },
    {
      venue: "dodo",
      name: "DODO",
      // The fee route proxy from on-chain method ids, the rest from DODOEX/contractV2 config/arb-config.js.
      routeProxy: "0xe05dd51e4eB5636f4f0E8e7Fbe82eA31a2ecef16",
      approve: "0xA867241cDC8d3b0C07C85cC06F25a0cD3b5474d8",
      approveProxy: "0x311E670c3305a0BD55184c1C6580eBeA1FA611F0",
      v1Adapter: "0xd5a7E197bacE1F3B26E2760321d6ce06Ad07281a",
      v2Adapter: "0x8aB2D334cE64B50BE9Ab04184f7ccBa2A6bb6391",
      // WETH/USDC.e, WBTC/USDC.e and USDT/USDC.e: DODOEX/docs docs/deployedInfoArbitrum.md
      v1Pools: [
        "0xFE176A2b1e1F67250d2903B8d25f56C0DaBcd6b2",
        "0xb42a054D950daFD872808B3c839Fbb7AFb86E14C",
        "0xe4B2Dfc82977dd2DCE7E8d37895a6A8F50CbB4fB",
      ],
      factories: {
        dvm: "0xDa4c4411c55B0785e501332354A036c04833B72b",
        dpp: "0xa6Cf3d163358aF376ec5e8B7Cc5e102a05FdE63D",
        dsp: "0xC8fE2440744dcd733246a4dB14093664DEFD5A53",
      },
    },
    {
      venue: "balancer",
      name: "Balancer V2",
      vault: BALANCER_VAULT,
      // Public configurations.
      poolIds: [
        // WBTC/WETH/USDC.e, weighted
        "0x64541216bafffeec8ea535bb71fbc927831d0595000100000000000000000002",
        // DAI/USDT/USDC.e, stable
        "0x1533a3278f3f9141d5f820a184ea4b017fce2382000000000000000000000016",
        // DAI/USDT/USDC/USDC.e, composable stable
        "0x423a1323c871abc9d89eb06855bf5347048fc4a5000000000000000000000496",
        // WBTC/WETH/USDC, weighted
        "0x848a7ff84cf73d2534c3dac6ab381e177a1cff240001000000000000000004bb",
      ],
    },
    {
      venue: "uniswapV2",
      name: "Uniswap V2",
      // docs.uniswap.org, V2 Deployment Addresses
      factory: "0xf1D7CC64Fb4452F05c498126312eBE29f30Fbcf9",
      router: "0x4752ba5DBc23f44D87826276BF6Fd6b1C372aD24",
      feePpm: 3_000,
    },
    {
      venue: "uniswapV2",
      name: "SushiSwap V2",
      // @paraswap/dex-lib 5.0.6 and public configurations agree.
      factory: "0xc35DADB65012eC5796536bD9864eD8773aBc74C4",
      router: "0x1b02dA8Cb0d097eB8D57A175b88c7D8b47997506",
      feePpm: 3_000,
    },
    {
      venue: "uniswapV2",
      name: "PancakeSwap V2",
      // developer.pancakeswap.finance, PancakeSwap v2 Addresses; @pancakeswap/smart-router 7.7.3 has the same router.
      factory: "0x02a84c1b3BBD7401a5f7fa98a384EBC70bB5749E",
      router: "0x8cFe327CEc66d1C090Dd72bd0FF11d690C33a2Eb",
      feePpm: 2_500,
    },
    {
      venue: "uniswapV2",
      name: "Zyberswap V2",
      // Public configurations; the fee from DefiLlama/dimension-adapters.
      factory: "0xaC2ee06A14c52570Ef3B9812Ed240BCe359772e7",
      router: "0x16e71B13fE6079B4312063F7E81F76d165Ad32Ad",
      feePpm: 2_500,
    },
    {
      venue: "uniswapV3",
      name: "Uniswap V3",
      // @uniswap/sdk-core 7.19.4; its pools derive from the init code hash of @uniswap/v3-core 1.0.1.
      factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
      feesPpm: [100, 500, 3_000, 10_000],
    },
    {
      venue: "uniswapV3",
      name: "SushiSwap V3",
      // @paraswap/dex-lib 5.0.6
      factory: "0x1af415a1EbA07a4986a52B6f2e7dE7003D82231e",
      feesPpm: [100, 500, 3_000, 10_000],
    },
    {
      venue: "uniswapV3",
      name: "PancakeSwap V3",
      // @paraswap/dex-lib 5.0.6 build/dex/pancakeswap-v3/config.js and @1delta/dex-registry 0.0.98 agree; the pools derive
      // from the init code hash of @pancakeswap/v3-core 1.0.2.
      factory: "0x0BFbCF9fa4f9C56B0F40a671Ad40E0805A091865",
      poolDeployer: "0x41ff9AA7e16B8B1a8a8dc4f0eFacd93D02d071c9",
      feesPpm: [100, 500, 2_500, 10_000],
    },
    {
      venue: "uniswapV3",
      name: "Ramses CL",
      // @paraswap/dex-lib 5.0.6 and @1delta/dex-registry 0.0.98 agree; the fees from public notes on its factory.
      factory: "0xAA2cd7477c451E703f3B9Ba5663334914763edF8",
      feesPpm: [100, 500, 3_000, 10_000],
    },
  ],
  lenders: {
    // @aave-dao/aave-address-book 4.68.1 src/AaveV3Arbitrum.sol
    aaveV3: "0x794a61358D6845594F94dc1DB02A252b5b4814aD",
    balancerV2: BALANCER_VAULT,
    // @morpho-org/morpho-ts 2.8.0
    morphoBlue: "0x6c247b1F6182318877311737BaC0844bAa518F5e",
    // balancer/balancer-deployments addresses/arbitrum.json
    balancerV3: "0xbA1333333333a1BA1108E8412f11850A5C319bA9",
  },
  feeds: {
    // smartcontractkit/documentation and public configurations. Sources disagree on the heartbeats: the longer is used.
    usd: {
      [WETH]: {
        address: "0x639Fe6ab55C921f74e7fac1ee960C0B6293ba612",
        description: "ETH / USD",
        heartbeatSeconds: 86_400,
      },
      [USDC]: {
        address: "0x50834F3163758fcC1Df9973b6e91f0F0F0434aD3",
        description: "USDC / USD",
        heartbeatSeconds: 86_400,
      },
      [USDCe]: {
        address: "0x50834F3163758fcC1Df9973b6e91f0F0F0434aD3",
        description: "USDC / USD",
        heartbeatSeconds: 86_400,
      },
      [USDT]: {
        address: "0x3f3f5dF88dC9F13eac63DF89EC16ef6e7E25DdE7",
        description: "USDT / USD",
        heartbeatSeconds: 86_400,
      },
      [DAI]: {
        address: "0xc5C8E77B397E531B8EC06BFb0048328B30E9eCfB",
        description: "DAI / USD",
        heartbeatSeconds: 86_400,
      },
      [ARB]: {
        address: "0xb2A824043730FE05F3DA2efaFa1CBbe83fa548D6",
        description: "ARB / USD",
        heartbeatSeconds: 86_400,
      },
      [WBTC]: {
        address: "0xd0C7101eACbB49F3deCcCc166d238410D6D46d57",
        description: "WBTC / USD",
        heartbeatSeconds: 86_400,
      },
    },
    sequencerUptime: "0xFdB631F5EE196F0ed6FAa767959853A9F217697D",
  },
  explorer: { name: "Arbiscan", url: "https://arbiscan.io" },
};
