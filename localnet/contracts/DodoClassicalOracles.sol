// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IDodoPriceOracle } from "./DodoClassicalVault.sol";

/// @notice The part of a Chainlink aggregator that the oracle reads.
interface IDodoFeed {
    function latestAnswer() external view returns (int256);
}

/// @title DodoFeedOracle
/// @notice Prices base by a Chainlink feed in USD, in units of a dollar token.
/// @dev Twin of DODOEX/dodo-smart-contract `helper/Chainlink{EthUSDC,WBTCUSDC}PriceOracleProxy.sol`, which differ in their
/// constants. Reproduces: the answer as it is, whatever its age and its sign. Leaves out: the getter of the feed. Which
/// oracles the pools on Arbitrum have is not published: prices recorded there are a feed's answer times a power of ten.
contract DodoFeedOracle is IDodoPriceOracle {
    IDodoFeed private immutable _FEED;
    uint256 private immutable _MULTIPLIER;
    uint256 private immutable _DIVISOR;

    constructor(IDodoFeed feed, uint256 multiplier, uint256 divisor) {
        (_FEED, _MULTIPLIER, _DIVISOR) = (feed, multiplier, divisor);
    }

    function getPrice() external view returns (uint256) {
        unchecked {
            return (uint256(_FEED.latestAnswer()) * _MULTIPLIER) / _DIVISOR;
        }
    }
}

/// @title DodoConstantOracle
/// @notice Twin of DODOEX/dodo-smart-contract `helper/ConstOracle.sol`: one price for ever, for pegged tokens.
/// @dev Leaves out: nothing.
contract DodoConstantOracle is IDodoPriceOracle {
    uint256 public tokenPrice;

    constructor(uint256 price) {
        tokenPrice = price;
    }

    function getPrice() external view returns (uint256) {
        return tokenPrice;
    }
}
