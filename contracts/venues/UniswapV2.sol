// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @notice The part of a Uniswap V2 router that a hop uses.
interface IUniswapV2Router {
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts);
}

/// @title UniswapV2
/// @notice The call pattern of Uniswap V2 routers, which its forks kept: `Hop.data` is empty.
library UniswapV2 {
    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn
    ) internal view returns (VenueCall memory) {
        if (hop.data.length != 0) revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        address[] memory path = new address[](2);
        (path[0], path[1]) = (tokenIn, hop.tokenOut);
        return
            VenueCallLib.pulledBy(
                hop.target,
                // No minimum: the route is accepted or rejected as a whole, by its profit.
                abi.encodeCall(
                    IUniswapV2Router.swapExactTokensForTokens,
                    (amountIn, 0, path, address(this), block.timestamp)
                )
            );
    }
}
