// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { Pair } from "../libraries/Pair.sol";
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
/// @notice The call patterns of Uniswap V2, which its forks kept. Where the target is a pair, `Hop.data` is
/// `abi.encodePacked(uint24 feePpm, uint160 limit)`: what the pair keeps of the input in millionths, which a pair does not
/// tell, and a limit as in {Pair.checkPrice}. Where it is a router, `Hop.data` is empty.
library UniswapV2 {
    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address recipient
    ) internal view returns (VenueCall memory) {
        if (takesSent(hop)) {
            return Pair.sell(tokenIn, hop.tokenOut, _amountOut(index, hop, tokenIn, amountIn), recipient);
        }
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

    function takesSent(Hop calldata hop) internal pure returns (bool) {
        return hop.data.length == 23;
    }

    function checkPrice(uint256 index, Hop calldata hop, address tokenIn) internal view {
        if (takesSent(hop)) Pair.checkPrice(index, hop, tokenIn, uint160(bytes20(hop.data[3:])));
    }

    /// @dev Uniswap/v2-periphery `UniswapV2Library.getAmountOut`, rounded down as there.
    function _amountOut(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn
    ) private view returns (uint256) {
        (uint256 reserveIn, uint256 reserveOut) = Pair.reserves(index, hop, tokenIn);
        uint256 kept = amountIn * (1e6 - uint24(bytes3(hop.data)));
        return (kept * reserveOut) / (reserveIn * 1e6 + kept);
    }
}
