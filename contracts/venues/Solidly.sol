// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { ICamelotRouter, ISolidlyPair, ISolidlyRouter, IVelodromeV2Router } from "../interfaces/ISolidly.sol";
import { Pair } from "../libraries/Pair.sol";
import { Answer, VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @title Solidly
/// @notice The call patterns of Solidly. Where the target is a pair, `Hop.data` is
/// - `abi.encodePacked(uint160 limit)`: see {Pair.checkPrice}
///
/// and where it is a router
/// - `abi.encode(bool stable)` for Solidly and the forks that kept its three fields
/// - `abi.encode(bool stable, address factory)` for Velodrome V2 and Aerodrome
/// - empty for Camelot V2
library Solidly {
    // No minimum in any of them: the route is accepted or rejected as a whole, by its profit.
    uint256 private constant AMOUNT_OUT_MIN = 0;

    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address recipient
    ) internal view returns (VenueCall memory venueCall) {
        if (takesSent(hop)) {
            bytes memory question = abi.encodeCall(ISolidlyPair.getAmountOut, (amountIn, tokenIn));
            (uint256 amountOut, ) = VenueCallLib.read(index, hop, question, 1);
            return Pair.sell(tokenIn, hop.tokenOut, amountOut, recipient);
        }
        bytes memory payload;
        if (hop.data.length == 32) payload = _solidly(hop, tokenIn, amountIn);
        else if (hop.data.length == 64) payload = _velodromeV2(hop, tokenIn, amountIn);
        else if (hop.data.length == 0) payload = _camelot(hop, tokenIn, amountIn);
        else revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        venueCall = VenueCallLib.pulledBy(hop.target, payload);
        if (hop.data.length == 0) venueCall.answer = Answer.Nothing;
    }

    function takesSent(Hop calldata hop) internal pure returns (bool) {
        return hop.data.length == 20;
    }

    function checkPrice(uint256 index, Hop calldata hop, address tokenIn) internal view {
        if (takesSent(hop)) Pair.checkPrice(index, hop, tokenIn, uint160(bytes20(hop.data)));
    }

    function _solidly(Hop calldata hop, address tokenIn, uint256 amountIn) private view returns (bytes memory) {
        ISolidlyRouter.Route[] memory routes = new ISolidlyRouter.Route[](1);
        routes[0] = ISolidlyRouter.Route(tokenIn, hop.tokenOut, abi.decode(hop.data, (bool)));
        return
            abi.encodeCall(
                ISolidlyRouter.swapExactTokensForTokens,
                (amountIn, AMOUNT_OUT_MIN, routes, address(this), block.timestamp)
            );
    }

    function _velodromeV2(Hop calldata hop, address tokenIn, uint256 amountIn) private view returns (bytes memory) {
        (bool stable, address factory) = abi.decode(hop.data, (bool, address));
        IVelodromeV2Router.Route[] memory routes = new IVelodromeV2Router.Route[](1);
        routes[0] = IVelodromeV2Router.Route(tokenIn, hop.tokenOut, stable, factory);
        return
            abi.encodeCall(
                IVelodromeV2Router.swapExactTokensForTokens,
                (amountIn, AMOUNT_OUT_MIN, routes, address(this), block.timestamp)
            );
    }

    function _camelot(Hop calldata hop, address tokenIn, uint256 amountIn) private view returns (bytes memory) {
        address[] memory path = new address[](2);
        (path[0], path[1]) = (tokenIn, hop.tokenOut);
        return
            abi.encodeCall(
                ICamelotRouter.swapExactTokensForTokensSupportingFeeOnTransferTokens,
                // No referrer, who would share Camelot's fee.
                (amountIn, AMOUNT_OUT_MIN, path, address(this), address(0), block.timestamp)
            );
    }
}
