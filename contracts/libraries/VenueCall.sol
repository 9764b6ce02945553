// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";

/// @notice What the target of a hop says about what it paid, by the number of words that this takes at the answer's end.
enum Answer {
    /// @dev Nothing.
    Nothing,
    /// @dev The amount.
    Amount,
    /// @dev What its two balances changed by: the negative number is what it paid.
    Changes
}

/// @notice How a venue's pattern spends an amount: what the library of the venue knows and RouteRunner carries out. The
/// input is pulled by `spender`, or goes in as ether, or is paid in a callback.
struct VenueCall {
    /// @dev Who pulls the input and is approved for exactly it. Zero where nobody is.
    address spender;
    /// @dev Whether the input, WETH, goes in as ether.
    bool nativeIn;
    /// @dev Whether the output arrives as ether, to be wrapped into WETH.
    bool nativeOut;
    Answer answer;
    /// @dev What the target calls back with to be paid. Empty where it does not.
    bytes callback;
    /// @dev The call to the hop's target.
    bytes payload;
}

/// @title VenueCallLib
/// @notice Calls the target of a hop.
library VenueCallLib {
    /// @dev Enough for every reason that a venue gives, and too little for a target to burn much gas with.
    uint256 private constant MAX_REASON_BYTES = 1024;

    /// @notice Returns the call of a pattern whose `spender` pulls the input, and which answers with the amount.
    function pulledBy(address spender, bytes memory payload) internal pure returns (VenueCall memory venueCall) {
        venueCall.spender = spender;
        venueCall.answer = Answer.Amount;
        venueCall.payload = payload;
    }

    /// @notice Calls the target of hop `index` and returns what it says that it paid, in units of the hop's output; zero
    /// where the pattern says nothing.
    /// @dev Nothing more of the answer is copied, so that a target cannot make a caller pay for its length.
    ///
    /// The target needs no allow-list: it is called with one of ten selectors, none of which any ERC-20 or lender
    /// answers, it is approved for this hop's input only or paid no more than it, and what it delivers is measured.
    function perform(
        VenueCall memory call,
        uint256 index,
        Hop calldata hop,
        uint256 value
    ) internal returns (uint256 reported) {
        address target = hop.target;
        bytes memory payload = call.payload;
        bool success;
        uint256 size;
        assembly ("memory-safe") {
            success := call(gas(), target, value, add(payload, 0x20), mload(payload), 0, 0)
            size := returndatasize()
        }
        if (!success) revert IFlashArbitrage.HopFailed(index, hop.venue, _reason(size));
        uint256 needed = uint256(call.answer) * 0x20;
        // A call to an address without code succeeds.
        if (size < needed || (needed == 0 && target.code.length == 0)) {
            revert IFlashArbitrage.HopAnsweredNothing(index, hop.venue, target);
        }
        if (call.answer == Answer.Nothing) return 0;
        int256 other;
        assembly ("memory-safe") {
            returndatacopy(0, sub(size, needed), needed)
            reported := mload(0)
            other := mload(0x20)
        }
        if (call.answer == Answer.Changes) {
            int256 change = other < int256(reported) ? other : int256(reported);
            reported = change < 0 ? uint256(-change) : 0;
        }
    }

    function _reason(uint256 size) private pure returns (bytes memory reason) {
        reason = new bytes(size < MAX_REASON_BYTES ? size : MAX_REASON_BYTES);
        assembly ("memory-safe") {
            returndatacopy(add(reason, 0x20), 0, mload(reason))
        }
    }
}
