// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { ConcentratedPool } from "../libraries/ConcentratedPool.sol";
import { Swap, SwapLib } from "../libraries/Swap.sol";

/// @notice The part of a Uniswap V3 pool that tells its price, as its first word in every fork.
interface IUniswapV3Pool {
    function slot0() external view returns (uint160 sqrtPriceX96);
}

/// @title UniswapV3
/// @notice The call pattern of Uniswap V3 pools, which its forks kept: the pool itself is the target. `Hop.data` is empty,
/// or `abi.encodePacked(uint160 limit)`: see {ConcentratedPool.checkPrice}.
library UniswapV3 {
    function encode(Swap memory swap, bytes calldata data) internal pure {
        if (data.length != 0 && data.length != 20) SwapLib.invalidData(swap);
        ConcentratedPool.sell(swap);
    }

    function limitOf(bytes calldata data) internal pure returns (uint160) {
        return data.length == 20 ? uint160(bytes20(data)) : 0;
    }

    function checkPrice(Swap memory swap, uint160 limit) internal view {
        ConcentratedPool.checkPrice(swap, IUniswapV3Pool.slot0.selector, limit);
    }
}
