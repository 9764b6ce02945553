// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { WooAccess } from "./WooAccess.sol";
import { WooTransfer } from "./WooTransfer.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The part of a Chainlink aggregator that the oracle reads.
interface IChainlinkFeed {
    function decimals() external view returns (uint8);
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80);
}

/// @notice What the pool asks of the oracle.
interface IWooracle {
    /// @notice A price in units of 10**decimals(base), with spread and coefficient scaled by 1e18.
    struct State {
        uint128 price;
        uint64 spread;
        uint64 coeff;
        bool woFeasible;
    }

    function state(address base) external view returns (State memory);
    function decimals(address base) external view returns (uint8);
    function postPrice(address base, uint128 price) external;
}

/// @title WooracleV2_2_1
/// @notice Twin of WOOFi's oracle on Arbitrum.
/// @dev Reproduces: prices with spread and coefficient posted by owner, admins and pool; one timestamp for all bases,
/// which a price posted by the pool does not renew; staleness; the bound around Chainlink; Chainlink as substitute for
/// a base that prefers it; the guardian's range, both ends excluded; the spread that widens after a large move; packed
/// posts through the fallback; the storage slots of the values.
/// Leaves out: nothing that is known of the original.
contract WooracleV2_2_1 is WooAccess, IWooracle {
    struct TokenInfo {
        uint128 price;
        uint64 coeff;
        uint64 spread;
    }

    struct CLOracle {
        address oracle;
        uint8 decimal;
        bool cloPreferred;
    }

    struct PriceRange {
        uint128 min;
        uint128 max;
    }

    uint256 private constant ONE = 1e18;
    address private constant ETH_PLACEHOLDER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    mapping(address base => TokenInfo) public infos;
    mapping(address token => CLOracle) public clOracles;
    mapping(address base => PriceRange) public priceRanges;
    address public quoteToken;
    uint256 public timestamp;
    uint256 public staleDuration = 300;
    uint64 public bound = 0.01e18;
    address public wooPP;
    mapping(address account => bool) public isAdmin;
    mapping(address account => bool) public isGuardian;
    mapping(uint8 id => address) public basesMap;

    modifier onlyAdmin() {
        require(msg.sender == owner() || isAdmin[msg.sender] || msg.sender == wooPP, "WooracleV2_2: !Admin");
        _;
    }

    /// @notice Posts prices and states in packed form. The first byte holds the operation (2 bits: bit 0 chooses states
    /// over prices, bit 1 a timestamp at the end of the data over the block's) and the number of entries (6 bits). An
    /// entry is an id (1 byte), a price (27 bits and a 5-bit power of ten) and, for a state, coefficient and spread
    /// (11 bits and a 5-bit power of ten each) in the order spread, coefficient.
    fallback() external onlyAdmin {
        bytes calldata packed = msg.data;
        require(packed.length > 0, "WooracleV2_2: !calldata");
        uint8 operation = uint8(packed[0]) >> 6;
        uint256 count = uint8(packed[0]) & 0x3F;
        bool withState = operation & 1 == 1;
        uint256 size = withState ? 9 : 5;
        for (uint256 i = 0; i < count; i++) {
            bytes calldata entry = packed[1 + i * size:1 + (i + 1) * size];
            address base = getBase(uint8(entry[0]));
            uint32 price_ = uint32(bytes4(entry[1:5]));
            uint128 newPrice = uint128((price_ >> 5) * (10 ** (price_ & 0x1F)));
            if (withState) {
                _setState(base, newPrice, _unpack(uint16(bytes2(entry[5:7]))), _unpack(uint16(bytes2(entry[7:9]))));
            } else {
                _setPrice(base, newPrice);
            }
        }
        uint256 end = 1 + count * size;
        timestamp = operation < 2 ? block.timestamp : uint32(bytes4(packed[end:end + 4]));
    }

    /* CONFIGURATION */

    /// @notice Sets the range outside of which a feasible price reverts.
    function setRange(address base, uint128 min, uint128 max) external {
        require(isGuardian[msg.sender], "WooracleV2_2: !Guardian");
        priceRanges[base] = PriceRange(min, max);
    }

    /// @notice Sets the pool that posts prices.
    function setWooPP(address pool) external onlyAdmin {
        wooPP = pool;
    }

    /// @notice Lets `account` post and configure, or not.
    function setAdmin(address account, bool flag) external onlyOwner {
        isAdmin[account] = flag;
    }

    /// @notice Lets `account` set ranges, or not.
    function setGuardian(address account, bool flag) external onlyOwner {
        isGuardian[account] = flag;
    }

    /// @notice Sets the quote token and its feed.
    function setQuoteToken(address quote, address feed) external onlyAdmin {
        quoteToken = quote;
        clOracles[quote].oracle = feed;
        clOracles[quote].decimal = IChainlinkFeed(feed).decimals();
    }

    /// @notice Sets how far from Chainlink a price is feasible, scaled by 1e18.
    function setBound(uint64 newBound) external onlyOwner {
        bound = newBound;
    }

    /// @notice Sets the feed of `token`, and whether it substitutes a stale price.
    function setCLOracle(address token, address feed, bool preferred) external onlyAdmin {
        clOracles[token] = CLOracle(feed, IChainlinkFeed(feed).decimals(), preferred);
    }

    /// @notice Sets whether the feed of `token` substitutes a stale price.
    function setCloPreferred(address token, bool preferred) external onlyAdmin {
        clOracles[token].cloPreferred = preferred;
    }

    /// @notice Sets for how many seconds a post is fresh.
    function setStaleDuration(uint256 newDuration) external onlyAdmin {
        staleDuration = newDuration;
    }

    /// @notice Gives a free id to a base, for packed posts.
    function setBase(uint8 id, address base) external onlyAdmin {
        require(getBase(id) == address(0), "WooracleV2_2: !id_SET_ALREADY");
        basesMap[id] = base;
    }

    /// @notice Sends what is stuck here to the owner.
    function inCaseTokenGotStuck(address token) external onlyAdmin {
        if (token == ETH_PLACEHOLDER) WooTransfer.pushEth(owner(), address(this).balance);
        else WooTransfer.push(token, owner(), IERC20(token).balanceOf(address(this)));
    }

    /* POSTS */

    /// @inheritdoc IWooracle
    function postPrice(address base, uint128 newPrice) external override onlyAdmin {
        _setPrice(base, newPrice);
        if (msg.sender != wooPP) timestamp = block.timestamp;
    }

    /// @notice Posts the price of `base` with the poster's timestamp.
    function postPrice(address base, uint128 newPrice, uint256 newTimestamp) external onlyAdmin {
        _setPrice(base, newPrice);
        timestamp = newTimestamp;
    }

    /// @notice Posts prices with the poster's timestamp.
    function postPriceList(
        address[] calldata bases,
        uint128[] calldata prices,
        uint256 newTimestamp
    ) external onlyAdmin {
        require(bases.length == prices.length, "WooracleV2_2: length_INVALID");
        for (uint256 i = 0; i < bases.length; i++) _setPrice(bases[i], prices[i]);
        timestamp = newTimestamp;
    }

    /// @notice Posts price, spread and coefficient of `base`.
    function postState(address base, uint128 newPrice, uint64 spread, uint64 coeff) external onlyAdmin {
        _setState(base, newPrice, spread, coeff);
        timestamp = block.timestamp;
    }

    /// @notice Posts price, spread and coefficient of `base` with the poster's timestamp.
    function postState(
        address base,
        uint128 newPrice,
        uint64 spread,
        uint64 coeff,
        uint256 newTimestamp
    ) external onlyAdmin {
        _setState(base, newPrice, spread, coeff);
        timestamp = newTimestamp;
    }

    /// @notice Posts prices, spreads and coefficients with the poster's timestamp.
    function postStateList(
        address[] calldata bases,
        uint128[] calldata prices,
        uint64[] calldata spreads,
        uint64[] calldata coeffs,
        uint256 newTimestamp
    ) external onlyAdmin {
        for (uint256 i = 0; i < bases.length; i++) _setState(bases[i], prices[i], spreads[i], coeffs[i]);
        timestamp = newTimestamp;
    }

    /* READS */

    /// @inheritdoc IWooracle
    function state(address base) external view override returns (State memory) {
        (uint256 current, bool feasible) = price(base);
        return State(uint128(current), infos[base].spread, infos[base].coeff, feasible);
    }

    /// @notice Returns what was posted for `base`, without Chainlink and range.
    function woState(address base) external view returns (State memory) {
        TokenInfo memory info = infos[base];
        return State(info.price, info.spread, info.coeff, isWoFeasible(base));
    }

    /// @inheritdoc IWooracle
    function decimals(address) external pure override returns (uint8) {
        return 8;
    }

    /// @notice Returns Chainlink's price of `base` in the quote token, and the older of the two feeds' times.
    function cloPrice(address base) external view returns (uint256 refPrice, uint256 refTimestamp) {
        return _cloPriceInQuote(base);
    }

    /// @notice Returns the price of `base` and whether the pool may trade at it.
    function price(address base) public view returns (uint256 priceOut, bool feasible) {
        (uint256 anchor, ) = _cloPriceInQuote(base);
        uint256 posted = infos[base].price;
        bool fresh = isWoFeasible(base);
        bool inBound =
            anchor != 0 && (anchor * (ONE - bound)) / ONE <= posted && posted <= (anchor * (ONE + bound)) / ONE;
        if (fresh) {
            (priceOut, feasible) = (posted, inBound);
        } else {
            priceOut = clOracles[base].cloPreferred ? anchor : 0;
            feasible = priceOut != 0;
        }
        if (feasible) {
            require(priceOut > priceRanges[base].min, "WooracleV2_2: !min");
            require(priceOut < priceRanges[base].max, "WooracleV2_2: !max");
        }
    }

    /// @notice Returns whether `base` has a price that is not stale.
    function isWoFeasible(address base) public view returns (bool) {
        return infos[base].price != 0 && block.timestamp <= timestamp + staleDuration;
    }

    /// @notice Returns the base of an id of packed posts: WETH, WBTC, WOO, USDT and ARB, then what was set.
    function getBase(uint8 id) public view returns (address) {
        if (id == 0) return 0x82aF49447D8a07e3bd95BD0d56f35241523fBab1;
        if (id == 1) return 0x2f2a2543B76A4166549F7aaB2e75Bef0aefC5B0f;
        if (id == 2) return 0xcAFcD85D8ca7Ad1e1C6F82F651fA15E33AEfD07b;
        if (id == 3) return 0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9;
        if (id == 4) return 0x912CE59144191C1204E64559FE8253a0e49E6548;
        return basesMap[id];
    }

    function _setPrice(address base, uint128 newPrice) private {
        uint64 spread = infos[base].spread;
        uint64 widened = _widenedSpread(infos[base], newPrice);
        if (widened > spread) infos[base].spread = widened;
        infos[base].price = newPrice;
    }

    function _setState(address base, uint128 newPrice, uint64 spread, uint64 coeff) private {
        require(spread < ONE, "!_spread");
        uint64 widened = _widenedSpread(infos[base], newPrice);
        infos[base] = TokenInfo({ price: newPrice, coeff: coeff, spread: widened > spread ? widened : spread });
    }

    /// @dev The spread that makes the move from the stored to the new price unprofitable inside one transaction:
    /// 1 − (min ÷ max) ÷ (1 − spread), or 0 when the stored spread suffices or one of the prices is missing.
    function _widenedSpread(TokenInfo memory info, uint128 newPrice) private pure returns (uint64) {
        if (info.price == 0 || newPrice == 0 || info.spread >= ONE) return 0;
        (uint256 low, uint256 high) = newPrice < info.price ? (newPrice, info.price) : (info.price, newPrice);
        uint256 kept = (ONE * ONE * low) / high / (ONE - info.spread);
        return kept < ONE ? uint64(ONE - kept) : 0;
    }

    function _unpack(uint16 packed) private pure returns (uint64) {
        return uint64((packed >> 5) * (10 ** (packed & 0x1F)));
    }

    function _cloPriceInQuote(address base) private view returns (uint256 refPrice, uint256 refTimestamp) {
        require(clOracles[base].oracle != address(0), "WooracleV2_2: !oracle");
        CLOracle memory quote = clOracles[quoteToken];
        (, int256 basePrice, , uint256 baseTime, ) = IChainlinkFeed(clOracles[base].oracle).latestRoundData();
        (, int256 quotePrice, , uint256 quoteTime, ) = IChainlinkFeed(quote.oracle).latestRoundData();
        refPrice = (uint256(basePrice) * 10 ** uint256(quote.decimal)) / uint256(quotePrice);
        refTimestamp = baseTime < quoteTime ? baseTime : quoteTime;
    }
}
