// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { Answer, Intake, VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @notice The part of WOOFi's router, and of its pool, that a hop uses.
interface IWooSwap {
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address payable to,
        address rebateTo
    ) external payable returns (uint256 realToAmount);
}

/// @title WooFi
/// @notice The call patterns of WOOFi. Where the target is its pool, which takes what was sent to it, `Hop.data` is empty.
/// Where it is its router, `Hop.data` is `abi.encode(bool nativeIn, bool nativeOut)`, which say whether WETH is swapped as
/// ether.
library WooFi {
    /// @dev How WOOFi names ether: woonetwork/WooPoolV2 `WooRouterV2.ETH_PLACEHOLDER_ADDR`.
    address private constant ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address recipient,
        address weth
    ) internal view returns (VenueCall memory venueCall) {
        if (takesSent(hop)) {
            return VenueCallLib.sent(recipient, Answer.Amount, _swap(tokenIn, hop.tokenOut, amountIn, recipient));
        }
        if (hop.data.length != 64) revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        (bool nativeIn, bool nativeOut) = abi.decode(hop.data, (bool, bool));
        if ((nativeIn && tokenIn != weth) || (nativeOut && hop.tokenOut != weth)) {
            revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        }
        venueCall = VenueCallLib.pulledBy(
            nativeIn ? address(0) : hop.target,
            _swap(nativeIn ? ETHER : tokenIn, nativeOut ? ETHER : hop.tokenOut, amountIn, address(this))
        );
        if (nativeIn) venueCall.intake = Intake.Ether;
        venueCall.nativeOut = nativeOut;
    }

    function takesSent(Hop calldata hop) internal pure returns (bool) {
        return hop.data.length == 0;
    }

    /// @dev No minimum: the route is accepted or rejected as a whole, by its profit. No rebate account.
    function _swap(
        address tokenIn,
        address tokenOut,
        uint256 amountIn,
        address recipient
    ) private pure returns (bytes memory) {
        return abi.encodeCall(IWooSwap.swap, (tokenIn, tokenOut, amountIn, 0, payable(recipient), address(0)));
    }
}
