// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { ConcentratedPool } from "../libraries/ConcentratedPool.sol";
import { VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @notice The part of an Algebra V1 router that a hop uses. The struct has no fee: an Algebra pool sets its own.
interface IAlgebraRouter {
    struct ExactInputSingleParams {
        address tokenIn;
        address tokenOut;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 limitSqrtPrice;
    }

    function exactInputSingle(ExactInputSingleParams calldata params) external payable returns (uint256 amountOut);
}

/// @notice The part of an Algebra pool that tells its price, as its first word in every generation.
interface IAlgebraPool {
    function globalState() external view returns (uint160 price);
}

/// @title Algebra
/// @notice The call patterns of Algebra V1. Where the target is a pool, `Hop.data` is `abi.encodePacked(uint160 limit)`: see
/// {ConcentratedPool.checkPrice}. Where it is a router, `Hop.data` is empty.
library Algebra {
    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address recipient
    ) internal view returns (VenueCall memory) {
        if (_isPool(hop)) return ConcentratedPool.sell(tokenIn, hop.tokenOut, amountIn, recipient);
        if (hop.data.length != 0) revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        return
            VenueCallLib.pulledBy(
                hop.target,
                // No minimum: the route is accepted or rejected as a whole, by its profit.
                // No price limit: a pool that stops there leaves input unspent.
                abi.encodeCall(
                    IAlgebraRouter.exactInputSingle,
                    (
                        IAlgebraRouter.ExactInputSingleParams({
                            tokenIn: tokenIn,
                            tokenOut: hop.tokenOut,
                            recipient: address(this),
                            deadline: block.timestamp,
                            amountIn: amountIn,
                            amountOutMinimum: 0,
                            limitSqrtPrice: 0
                        })
                    )
                )
            );
    }

    function checkPrice(uint256 index, Hop calldata hop, address tokenIn) internal view {
        if (!_isPool(hop)) return;
        uint160 limit = uint160(bytes20(hop.data));
        ConcentratedPool.checkPrice(index, hop, tokenIn, IAlgebraPool.globalState.selector, limit);
    }

    function _isPool(Hop calldata hop) private pure returns (bool) {
        return hop.data.length == 20;
    }
}
