import { type NoTrade, noTrade } from "../domain/noTrade.ts";

/** A time of every day, in minutes since midnight of the time zone: `to` is the first minute after it. */
export interface TradingWindow {
  readonly from: number;
  /** Less than `from` for a window over midnight. */
  readonly to: number;
}

export interface TradingHours {
  /** Without any, every time is one to trade. */
  readonly tradingWindows: readonly TradingWindow[];
  /** A name of the IANA time zone database. */
  readonly tradingTimeZone: string;
}

const minutesPerDay = 1_440;
const quarterSeconds = 900n;

/** Time zones change their offset on whole quarters of an hour UTC, and every window opens within this. */
const quartersToLookAt = 3 * 96;

/** Parses "23:00-02:00", or returns undefined. The end may be 24:00. */
export function parseTradingWindow(text: string): TradingWindow | undefined {
  const match = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = match.slice(1).map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  if (fromMinute > 59 || toMinute > 59 || from >= minutesPerDay || to > minutesPerDay) return undefined;
  return { from, to };
}

/** Returns why this is no time to trade, with the next one that is, or undefined. */
export function checkTradingHours(nowSeconds: bigint, hours: TradingHours): NoTrade | undefined {
  const { tradingWindows, tradingTimeZone } = hours;
  if (tradingWindows.length === 0 || isOpen(localMinute(nowSeconds, tradingTimeZone), tradingWindows)) return undefined;
  const opening = nextOpening(nowSeconds, hours);
  const windows = tradingWindows.map(({ from, to }) => `${clock(from)}-${clock(to)}`).join(", ");
  const next = opening === undefined ? "never" : new Date(Number(opening) * 1_000).toISOString();
  return noTrade(
    "outside-trading-windows",
    `it is ${clock(localMinute(nowSeconds, tradingTimeZone))} in ${tradingTimeZone}, tradingWindows are ${windows}: the next one opens at ${next}`,
  );
}

/** Returns the first second from `nowSeconds` on that is one to trade, or undefined when there is none for days. */
export function nextOpening(nowSeconds: bigint, { tradingWindows, tradingTimeZone }: TradingHours): bigint | undefined {
  let minuteStart = nowSeconds - (nowSeconds % 60n);
  for (let quarter = 0; quarter < quartersToLookAt; quarter++) {
    const end = minuteStart - (minuteStart % quarterSeconds) + quarterSeconds;
    let local = localMinute(minuteStart, tradingTimeZone);
    for (; minuteStart < end; minuteStart += 60n, local = (local + 1) % minutesPerDay) {
      if (isOpen(local, tradingWindows)) return minuteStart < nowSeconds ? nowSeconds : minuteStart;
    }
  }
  return undefined;
}

function isOpen(minute: number, windows: readonly TradingWindow[]): boolean {
  return windows.some(({ from, to }) => (from < to ? minute >= from && minute < to : minute >= from || minute < to));
}

/** Returns the minute of the day that clocks in a time zone show. */
function localMinute(seconds: bigint, timeZone: string): number {
  const [hour = 0, minute = 0] = formatOf(timeZone)
    .formatToParts(Number(seconds) * 1_000)
    .flatMap(({ type, value }) => (type === "hour" || type === "minute" ? [Number(value)] : []));
  return hour * 60 + minute;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one takes a hundred times as long as using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" });
  formats.set(timeZone, format);
  return format;
}

function clock(minute: number): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}
