import { expect } from "chai";
import {
  checkTradingHours,
  nextOpening,
  parseTradingWindow,
  type TradingHours,
} from "../../../bot/risk/tradingHours.ts";
import { seededRandom } from "../../support/random.ts";

const at = (iso: string) => BigInt(Date.parse(iso) / 1_000);
const hoursOf = (tradingTimeZone: string, ...windows: string[]): TradingHours => ({
  tradingTimeZone,
  tradingWindows: windows.map((text) => {
    const window = parseTradingWindow(text);
    if (window === undefined) throw new Error(text);
    return window;
  }),
});
const newYork = hoursOf("America/New_York", "03:00-06:00", "23:00-02:00");
const isOpen = (iso: string, hours = newYork) => checkTradingHours(at(iso), hours) === undefined;

describe("bot: trading hours", () => {
  it("let every time be one to trade where no window is set", () => {
    expect(isOpen("2026-01-15T12:00:00Z", hoursOf("UTC"))).to.equal(true);
  });

  it("open and close to the second, also over midnight", () => {
    // New York is five hours behind in January.
    const open = ["08:00:00", "10:59:59", "04:00:00", "04:59:59", "05:00:00", "06:59:59"];
    const closed = ["07:59:59", "11:00:00", "03:59:59", "07:00:00", "20:00:00"];
    for (const time of open) expect(isOpen(`2026-01-15T${time}Z`), time).to.equal(true);
    for (const time of closed) expect(isOpen(`2026-01-15T${time}Z`), time).to.equal(false);
  });

  it("follow the clocks of the time zone in summer", () => {
    expect(isOpen("2026-07-15T07:00:00Z"), "03:00 in New York").to.equal(true);
    expect(isOpen("2026-07-15T10:00:00Z"), "06:00 in New York").to.equal(false);
  });

  it("refuse with the local time, the windows and the next opening", () => {
    const refused = checkTradingHours(at("2026-01-15T12:30:00Z"), newYork);
    expect(refused?.noTrade).to.equal("outside-trading-windows");
    expect(refused?.detail).to.equal(
      "it is 07:30 in America/New_York, tradingWindows are 03:00-06:00, 23:00-02:00: " +
        "the next one opens at 2026-01-16T04:00:00.000Z",
    );
  });

  it("skip the hour that does not exist, and open twice in the hour that comes twice", () => {
    // On 2026-03-08 clocks in New York go from 02:00 to 03:00, at 07:00 UTC; on 2026-11-01 back from 02:00, at 06:00 UTC.
    const early = hoursOf("America/New_York", "02:30-03:30");
    expect(nextOpening(at("2026-03-08T06:00:00Z"), early)).to.equal(at("2026-03-08T07:00:00Z"));
    const lost = hoursOf("America/New_York", "02:10-02:50");
    expect(nextOpening(at("2026-03-08T06:00:00Z"), lost)).to.equal(at("2026-03-09T06:10:00Z"));
    const twice = hoursOf("America/New_York", "01:15-01:45");
    expect(nextOpening(at("2026-11-01T05:45:00Z"), twice)).to.equal(at("2026-11-01T06:15:00Z"));
    expect(isOpen("2026-11-01T05:20:00Z", twice) && isOpen("2026-11-01T06:20:00Z", twice)).to.equal(true);
  });

  it("agree with the clocks of every time zone, minute by minute, around changes of them", () => {
    const random = seededRandom(7);
    const zones = ["America/New_York", "Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "Asia/Tokyo"];
    const changes = ["2026-03-08T07:00Z", "2026-11-01T06:00Z", "2026-03-29T01:00Z", "2026-04-04T15:00Z"].map(at);
    for (let run = 0; run < 60; run++) {
      const timeZone = random.pick(zones);
      const clocks = new Intl.DateTimeFormat("en-GB", {
        timeZone,
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
      });
      const time = () => clocks.format(Number(random.bigint(0n, 1_439n)) * 60_000);
      const windows = [`${time()}-${time()}`, `${time()}-${time()}`].filter(
        (text) => text.slice(0, 5) !== text.slice(6),
      );
      const hours = hoursOf(timeZone, ...windows);
      const isIn = (second: bigint) => {
        const now = clocks.format(Number(second) * 1_000);
        return windows.some((text) => {
          const [from = "", to = ""] = text.split("-");
          return from < to ? now >= from && now < to : now >= from || now < to;
        });
      };
      const begin = random.pick(changes) + random.bigint(-90_000n, 90_000n);
      const label = `${timeZone} ${windows} from ${new Date(Number(begin) * 1_000).toISOString()}`;
      expect(checkTradingHours(begin, hours) === undefined, label).to.equal(windows.length === 0 || isIn(begin));
      let opening = begin;
      while (windows.length > 0 && !isIn(opening)) opening += 60n - (opening % 60n);
      if (windows.length > 0) expect(nextOpening(begin, hours), label).to.equal(opening);
    }
  });

  it("take two times of 24 hours for a window, and nothing else", () => {
    expect(parseTradingWindow("23:00-24:00")).to.deep.equal({ from: 1_380, to: 1_440 });
    for (const text of ["3:00-6:00", "24:00-01:00", "03:60-04:00", "03:00", "03:00-25:00", "03:00 - 06:00"]) {
      expect(parseTradingWindow(text), text).to.equal(undefined);
    }
  });
});
