import { type BloomBits, bloomBits, mayHold, parseBloom } from "../domain/bloom.ts";
import type { Log, LogSource } from "../venues/venue.ts";
import type { LogFilter } from "./heads.ts";

/** One pool whose events are followed: where they come from, and their first topics. `T` stands for the pool. */
export interface Followed<T> {
  readonly key: T;
  readonly source: LogSource;
  readonly topics: readonly string[];
}

/** Finds the pools that a log or a header speaks of. */
export interface Sources<T> {
  /** All logs that may be of a pool. */
  readonly filter: LogFilter;
  /** Returns the pools that a log is of. */
  readonly keysOf: (log: Log) => readonly T[];
  /** Returns the pools that may have logged in a block, by its header's `logsBloom`: nobody else has. */
  readonly mayHaveLogged: (logsBloom: string) => readonly T[];
}

/** More emitters than this are not named in a filter: providers refuse long lists, and the topics alone will do. */
const maxNamedEmitters = 500;

interface Source<T> extends Followed<T> {
  readonly topicSet: ReadonlySet<string>;
  readonly topicBits: readonly BloomBits[];
  readonly topic1: string | undefined;
  readonly topic1Bits: BloomBits | undefined;
}

interface Emitter<T> {
  readonly bits: BloomBits;
  /** Pools that log from an address of their own. */
  readonly own: Source<T>[];
  /** Pools that share the emitter, by their first indexed argument. */
  readonly sharing: Map<string, Source<T>[]>;
}

export function createSources<T>(followed: readonly Followed<T>[]): Sources<T> {
  const emitters = new Map<string, Emitter<T>>();
  const bitsOf = rememberBits();
  for (const { key, source, topics } of followed) {
    const address = source.address.toLowerCase();
    const topic1 = source.topic1?.toLowerCase();
    const emitter = emitters.get(address) ?? { bits: bloomBits(address), own: [], sharing: new Map() };
    emitters.set(address, emitter);
    const entry: Source<T> = {
      key,
      source,
      topics,
      topicSet: new Set(topics),
      topicBits: topics.map(bitsOf),
      topic1,
      topic1Bits: topic1 === undefined ? undefined : bloomBits(topic1),
    };
    const list = topic1 === undefined ? emitter.own : (emitter.sharing.get(topic1) ?? []);
    list.push(entry);
    if (topic1 !== undefined) emitter.sharing.set(topic1, list);
  }
  const all = [...emitters.values()];
  const addresses = [...emitters.keys()];

  return {
    filter: {
      addresses: addresses.length <= maxNamedEmitters ? addresses : undefined,
      topics: [...new Set(followed.flatMap(({ topics }) => topics))],
    },
    keysOf({ address, topics: [topic0 = "", topic1] }) {
      const emitter = emitters.get(address.toLowerCase());
      if (emitter === undefined) return [];
      const { own, sharing } = emitter;
      const shared = topic1 === undefined ? undefined : sharing.get(topic1);
      const sources = shared === undefined ? own : [...own, ...shared];
      return sources.filter(({ topicSet }) => topicSet.has(topic0)).map(({ key }) => key);
    },
    mayHaveLogged(logsBloom) {
      const bloom = parseBloom(logsBloom);
      const keys: T[] = [];
      const mayHaveLogged = ({ topicBits, topic1Bits }: Source<T>) =>
        topicBits.some((bits) => mayHold(bloom, bits)) && (topic1Bits === undefined || mayHold(bloom, topic1Bits));
      for (const { bits, own, sharing } of all) {
        if (!mayHold(bloom, bits)) continue;
        for (const source of own) if (mayHaveLogged(source)) keys.push(source.key);
        for (const list of sharing.values()) {
          for (const source of list) if (mayHaveLogged(source)) keys.push(source.key);
        }
      }
      return keys;
    },
  };
}

/** Thousands of pools share a few topics. */
function rememberBits(): (value: string) => BloomBits {
  const known = new Map<string, BloomBits>();
  return (value) => {
    const bits = known.get(value) ?? bloomBits(value);
    known.set(value, bits);
    return bits;
  };
}
