// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { Answer, VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @notice The part of a Solidly router that a hop uses.
interface ISolidlyRouter {
    struct Route {
        address from;
        address to;
        bool stable;
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        Route[] calldata routes,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts);
}

/// @notice The part of a Velodrome V2 or Aerodrome router that a hop uses.
interface IVelodromeV2Router {
    struct Route {
        address from;
        address to;
        bool stable;
        address factory;
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        Route[] calldata routes,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts);
}

/// @notice The part of Camelot V2's router that a hop uses: its only swap between tokens. It knows one pair of two
/// tokens, which is volatile or stable.
interface ICamelotRouter {
    function swapExactTokensForTokensSupportingFeeOnTransferTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        address referrer,
        uint256 deadline
    ) external;
}

/// @title Solidly
/// @notice The call patterns of Solidly's routers: `Hop.data` is
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
        uint256 amountIn
    ) internal view returns (VenueCall memory venueCall) {
        bytes memory payload;
        if (hop.data.length == 32) payload = _solidly(hop, tokenIn, amountIn);
        else if (hop.data.length == 64) payload = _velodromeV2(hop, tokenIn, amountIn);
        else if (hop.data.length == 0) payload = _camelot(hop, tokenIn, amountIn);
        else revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        venueCall = VenueCallLib.pulledBy(hop.target, payload);
        if (hop.data.length == 0) venueCall.answer = Answer.Nothing;
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
