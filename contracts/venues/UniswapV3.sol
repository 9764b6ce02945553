// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { ConcentratedPool } from "../libraries/ConcentratedPool.sol";
import { VenueCall } from "../libraries/VenueCall.sol";

/// @notice The part of a Uniswap V3 pool that tells its price, as its first word in every fork.
interface IUniswapV3Pool {
    function slot0() external view returns (uint160 sqrtPriceX96);
}

/// @title UniswapV3
/// @notice The call pattern of Uniswap V3 pools, which its forks kept: the pool itself is the target. `Hop.data` is empty,
/// or `abi.encodePacked(uint160 limit)`: see {ConcentratedPool.checkPrice}.
library UniswapV3 {
    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address recipient
    ) internal pure returns (VenueCall memory) {
        if (hop.data.length != 0 && hop.data.length != 20) revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        return ConcentratedPool.sell(tokenIn, hop.tokenOut, amountIn, recipient);
    }

    function checkPrice(uint256 index, Hop calldata hop, address tokenIn) internal view {
        if (hop.data.length != 20) return;
        uint160 limit = uint160(bytes20(hop.data));
        ConcentratedPool.checkPrice(index, hop, tokenIn, IUniswapV3Pool.slot0.selector, limit);
    }
}
