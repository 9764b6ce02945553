import { concat, formatUnits, ZeroAddress } from "ethers";
import { FlashArbitrage__factory } from "../../types/index.js";
import { type Address, type Chain, deploymentsOf, type Token } from "../config/chains/chain.ts";
import { wording } from "../rpc/retry.ts";
import { type Venues, venueOf } from "../venues/registry.ts";
import type { CallResult, Reader } from "../venues/venue.ts";
import { expectAnswer, expectValue, type Subject, showAnswer } from "./expectation.ts";

/** What the self-check found out about one configured thing. It is used only when it has no problems. */
export interface Finding {
  readonly kind: Subject["kind"];
  readonly name: string;
  readonly problems: readonly string[];
  /** What is worth knowing of it. */
  readonly facts: readonly string[];
  /** Whether its code is another than these sources build. */
  readonly isForeign: boolean;
}

export interface CheckPorts {
  readonly reader: Reader;
  /** Returns the code of an address: "0x" where there is none. */
  readonly codeOf: (address: Address) => Promise<string>;
  /** Returns the code that a creation would leave, without making it. */
  readonly codeMadeBy: (creation: string) => Promise<string>;
}

/** Checks every configured address against the chain: its code, and that it answers as what it is configured as. */
export async function checkChain(
  chain: Chain,
  venues: Venues,
  { contract, operator }: { readonly contract: Address | undefined; readonly operator: Address | undefined },
  ports: CheckPorts,
): Promise<readonly Finding[]> {
  const subjects: readonly Subject[] = [
    { kind: "multicall", name: "Multicall3", contracts: { multicall3: chain.multicall3 }, expectations: [] },
    ...chain.tokens.map(tokenSubject),
    ...chain.tokens.flatMap((token) => feedSubjects(chain, token)),
    sequencerSubject(chain),
    ...lenderSubjects(chain),
    ...chain.deployments.map((deployment) => ({
      kind: "deployment" as const,
      name: deployment.name,
      ...venueOf(venues, deployment.venue).requirements(deployment, chain.tokens),
    })),
    ...(contract === undefined ? [] : [contractSubject(chain, contract, operator)]),
  ];
  const addresses = [...new Set(subjects.flatMap(({ contracts }) => Object.values(contracts)))];
  const codes = new Map(
    await Promise.all(addresses.map(async (address) => [address, await ports.codeOf(address)] as const)),
  );
  const calls = subjects.flatMap(({ expectations }) => expectations.map(({ call }) => call));
  const results = isBare(codes.get(chain.multicall3)) ? [] : await ports.reader.read(calls);
  let position = 0;
  const findings = subjects.map(async (subject): Promise<Finding> => {
    const answers = results.slice(position, position + subject.expectations.length);
    position += subject.expectations.length;
    const { isForeign, problem } = await compareCode(subject, codes, ports);
    const problems = [...problemsOf(subject, codes, answers), ...(problem === undefined ? [] : [problem])];
    return {
      kind: subject.kind,
      name: subject.name,
      problems,
      facts: problems.length > 0 ? [] : factsOf(subject, answers),
      isForeign,
    };
  });
  return Promise.all(findings);
}

const isBare = (code: string | undefined) => code === undefined || code === "0x";

/** What a contract answers proves nothing about what else it does: only its code does. */
async function compareCode(
  { made }: Subject,
  codes: ReadonlyMap<Address, string>,
  { codeMadeBy }: CheckPorts,
): Promise<{ readonly isForeign: boolean; readonly problem?: string }> {
  const code = made && codes.get(made.address);
  if (made === undefined || isBare(code)) return { isForeign: false };
  try {
    if ((await codeMadeBy(made.creation)) === code) return { isForeign: false };
  } catch (error) {
    const problem = `the code at ${made.address} cannot be compared with these sources: ${wording(error)}`;
    return { isForeign: false, problem };
  }
  const remedy = "check out the version that was deployed, or deploy this one";
  return { isForeign: true, problem: `the code at ${made.address} is not what these sources build: ${remedy}` };
}

function factsOf({ expectations }: Subject, answers: readonly (CallResult | undefined)[]): readonly string[] {
  return expectations.flatMap(({ factOf }, index) => factOf?.(answers[index]) ?? []);
}

function problemsOf(
  { contracts, expectations }: Subject,
  codes: ReadonlyMap<Address, string>,
  answers: readonly (CallResult | undefined)[],
): readonly string[] {
  const bare = Object.entries(contracts).filter(([, address]) => isBare(codes.get(address)));
  // What has no code cannot answer: one reason is enough.
  if (bare.length > 0) return bare.map(([part, address]) => `no code at ${address} (${part})`);
  return expectations.flatMap(({ problemOf }, index) => problemOf(answers[index]) ?? []);
}

function tokenSubject({ symbol, address, decimals }: Token): Subject {
  return {
    kind: "token",
    name: symbol,
    contracts: { token: address },
    expectations: [expectValue(address, "decimals() view returns (uint8)", [], BigInt(decimals))],
  };
}

function feedSubjects(chain: Chain, { symbol, address: token }: Token): readonly Subject[] {
  const feed = chain.feeds.usd[token];
  if (feed === undefined) return [];
  const { address, description } = feed;
  return [
    {
      kind: "feed",
      name: `${symbol} price`,
      contracts: { feed: address },
      expectations: [
        expectValue(address, "description() view returns (string)", [], description),
        expectValue(address, "decimals() view returns (uint8)", [], 8n),
        expectAnswer(address, latestRoundData, [], ([, answer]) => (answer > 0n ? undefined : `answers ${answer}`)),
      ],
    },
  ];
}

const latestRoundData = "latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)";

function sequencerSubject({ feeds: { sequencerUptime } }: Chain): Subject {
  return {
    kind: "feed",
    name: "sequencer uptime",
    contracts: { feed: sequencerUptime },
    expectations: [
      expectAnswer(sequencerUptime, latestRoundData, [], ([, , startedAt]) =>
        startedAt === 0n ? "is not initialised" : undefined,
      ),
    ],
  };
}

function lenderSubjects({
  lenders: { aaveV3, balancerV2, morphoBlue, balancerV3 },
  tokens,
}: Chain): readonly Subject[] {
  return [
    {
      kind: "lender",
      name: "aaveV3",
      contracts: { pool: aaveV3 },
      expectations: [
        expectAnswer(aaveV3, "FLASHLOAN_PREMIUM_TOTAL() view returns (uint128)"),
        expectAnswer(aaveV3, "getConfiguration(address asset) view returns (uint256)", [tokens[0]?.address]),
      ],
    },
    {
      kind: "lender",
      name: "balancerV2",
      contracts: { vault: balancerV2 },
      expectations: [expectAnswer(balancerV2, "getProtocolFeesCollector() view returns (address)")],
    },
    {
      kind: "lender",
      name: "morphoBlue",
      contracts: { morpho: morphoBlue },
      expectations: [expectAnswer(morphoBlue, "owner() view returns (address)")],
    },
    {
      kind: "lender",
      name: "balancerV3",
      contracts: { vault: balancerV3 },
      expectations: [
        expectAnswer(balancerV3, "getReservesOf(address token) view returns (uint256)", [tokens[0]?.address]),
      ],
    },
  ];
}

function contractSubject(chain: Chain, contract: Address, operator: Address | undefined): Subject {
  const { lenders, weth, tokens } = chain;
  const protocols =
    "protocols() view returns ((address aaveV3, address balancerV2, address morphoBlue, address balancerV3, address dodoApprove, address weth))";
  const expected = { ...lenders, weth };
  return {
    kind: "contract",
    name: "FlashArbitrage",
    contracts: { contract },
    made: { address: contract, creation: creationOf(chain, contract) },
    expectations: [
      expectValue(contract, "paused() view returns (bool)", [], false),
      expectAnswer(contract, protocols, [], ([values]) => {
        const wrong = Object.entries(expected).filter(([name, address]) => values[name] !== address);
        return wrong.length === 0 ? undefined : `names another ${wrong.map(([name]) => name).join(", ")}`;
      }),
      ...(operator === undefined
        ? []
        : [expectValue(contract, "isOperator(address account) view returns (bool)", [operator], true)]),
      showAnswer(contract, "guardian() view returns (address)", [], ([guardian]) =>
        guardian === ZeroAddress ? "no guardian" : `guardian ${guardian}`,
      ),
      ...tokens.map(({ symbol, address, decimals }) =>
        showAnswer(contract, "operatorLoanCap(address token) view returns (uint256)", [address], ([cap]) =>
          cap === 0n ? undefined : `own capital up to ${formatUnits(cap, decimals)} ${symbol}`,
        ),
      ),
    ],
  };
}

/** Encodes a creation of FlashArbitrage on a chain. Accounts are no part of its code: any will do. */
function creationOf(chain: Chain, anyone: Address): string {
  const [dodo] = deploymentsOf(chain, "dodo");
  const protocols = { ...chain.lenders, dodoApprove: dodo?.approve ?? anyone, weth: chain.weth };
  const abi = FlashArbitrage__factory.createInterface();
  return concat([FlashArbitrage__factory.bytecode, abi.encodeDeploy([anyone, anyone, anyone, [], [], protocols])]);
}
