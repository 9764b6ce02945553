// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";

/// @notice How the target of a hop gets its input.
enum Intake {
    /// @dev A spender pulls it, and is approved for exactly it.
    Pulled,
    /// @dev WETH goes in as ether.
    Ether,
    /// @dev The target calls back for it.
    CalledBack,
    /// @dev It is sent to the target before the call, which takes what it finds.
    Sent
}

/// @notice What the target of a hop says about what it paid, by the number of words that this takes at the answer's end.
enum Answer {
    /// @dev Nothing.
    Nothing,
    /// @dev The amount.
    Amount,
    /// @dev What its balances changed by: the negative number among the last two is what it paid.
    Changes
}

/// @notice How a venue's pattern spends an amount: what the library of the venue knows and RouteRunner carries out.
struct VenueCall {
    Intake intake;
    /// @dev Who pulls the input. Zero where nobody does.
    address spender;
    /// @dev Whether the output arrives as ether, to be wrapped into WETH.
    bool nativeOut;
    Answer answer;
    /// @dev What the call asks for, where the target pays what it is asked for and answers nothing.
    uint256 asked;
    /// @dev Who receives the output.
    address recipient;
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
    function pulledBy(address spender, bytes memory payload) internal view returns (VenueCall memory venueCall) {
        venueCall.spender = spender;
        venueCall.answer = Answer.Amount;
        venueCall.recipient = address(this);
        venueCall.payload = payload;
    }

    /// @notice Returns the call of a pattern whose target takes what was sent to it.
    function sent(
        address recipient,
        Answer answer,
        bytes memory payload
    ) internal pure returns (VenueCall memory venueCall) {
        venueCall.intake = Intake.Sent;
        venueCall.answer = answer;
        venueCall.recipient = recipient;
        venueCall.payload = payload;
    }

    /// @notice Calls the target of hop `index` and returns what it says that it paid, in units of the hop's output; where
    /// it says nothing, what it was asked for.
    /// @dev Nothing more of the answer is copied, so that a target cannot make a caller pay for its length.
    ///
    /// The target needs no allow-list: it is called with one of fourteen selectors, none of which any ERC-20 answers, it is
    /// approved for this hop's input only or given no more than it, and what it delivers is measured, or bounded by the
    /// next hop and the route's profit.
    function perform(
        VenueCall memory call,
        uint256 index,
        Hop calldata hop,
        uint256 value
    ) internal returns (uint256 reported) {
        address target = hop.target;
        bytes memory payload = call.payload;
        bool success;
        assembly ("memory-safe") {
            success := call(gas(), target, value, add(payload, 0x20), mload(payload), 0, 0)
        }
        uint256 needed = uint256(call.answer) * 0x20;
        uint256 size = _answered(index, hop, success, needed);
        if (call.answer == Answer.Nothing) return call.asked;
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

    /// @notice Reads the target of hop `index` and returns the answer's first words: one, or two.
    function read(
        uint256 index,
        Hop calldata hop,
        bytes memory payload,
        uint256 words
    ) internal view returns (uint256 first, uint256 second) {
        address target = hop.target;
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), target, add(payload, 0x20), mload(payload), 0, 0)
        }
        _answered(index, hop, success, words * 0x20);
        assembly ("memory-safe") {
            returndatacopy(0, 0, mul(words, 0x20))
            first := mload(0)
            second := mload(0x20)
        }
    }

    /// @dev Returns the length of an answer that has at least `needed` bytes, or reverts with the target's reason.
    function _answered(
        uint256 index,
        Hop calldata hop,
        bool success,
        uint256 needed
    ) private view returns (uint256 size) {
        assembly ("memory-safe") {
            size := returndatasize()
        }
        if (!success) revert IFlashArbitrage.HopFailed(index, hop.venue, _reason(size));
        // A call to an address without code succeeds.
        if (size < needed || (needed == 0 && hop.target.code.length == 0)) {
            revert IFlashArbitrage.HopAnsweredNothing(index, hop.venue, hop.target);
        }
    }

    function _reason(uint256 size) private pure returns (bytes memory reason) {
        reason = new bytes(size < MAX_REASON_BYTES ? size : MAX_REASON_BYTES);
        assembly ("memory-safe") {
            returndatacopy(add(reason, 0x20), 0, mload(reason))
        }
    }
}
