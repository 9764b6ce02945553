// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";

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

/// @notice The hop under way: what the route asks for, and how the pattern of its venue does it, which the library of the
/// venue knows and RouteRunner carries out. One struct serves a whole route: each one more would cost gas and say nothing.
struct Swap {
    /// @dev The number of the hop in its route.
    uint256 index;
    /// @dev A number of `Venue`.
    uint8 venue;
    address target;
    address tokenIn;
    address tokenOut;
    uint256 amountIn;
    /// @dev Who receives the output. A pattern that cannot send it elsewhere writes this contract here.
    address recipient;
    Intake intake;
    /// @dev Who pulls the input, where it is pulled.
    address spender;
    /// @dev Whether the output arrives as ether, to be wrapped into WETH.
    bool nativeOut;
    Answer answer;
    /// @dev What the call asks for, where the target pays what it is asked for and answers nothing.
    uint256 asked;
    /// @dev What the target calls back with to be paid, where it does.
    bytes callback;
    /// @dev The call to the target.
    bytes payload;
}

/// @title SwapLib
/// @notice Describes the two common patterns, and calls the target of a hop.
library SwapLib {
    /// @dev Enough for every reason that a venue gives, and too little for a target to burn much gas with.
    uint256 private constant MAX_REASON_BYTES = 1024;

    /// @notice Describes a pattern whose `spender` pulls the input, and which answers with the amount.
    function pulledBy(Swap memory swap, address spender, bytes memory payload) internal view {
        swap.intake = Intake.Pulled;
        swap.spender = spender;
        swap.nativeOut = false;
        swap.answer = Answer.Amount;
        swap.recipient = address(this);
        swap.payload = payload;
    }

    /// @notice Describes a pattern whose target takes what was sent to it.
    function sent(Swap memory swap, Answer answer, bytes memory payload) internal pure {
        swap.intake = Intake.Sent;
        swap.nativeOut = false;
        swap.answer = answer;
        swap.payload = payload;
    }

    /// @notice Thrown by every venue whose pattern has no such data.
    function invalidData(Swap memory swap) internal pure {
        revert IFlashArbitrage.InvalidHopData(swap.index, swap.venue);
    }

    /// @notice Calls the target and returns what it says that it paid, in units of the hop's output; where it says nothing,
    /// what it was asked for.
    /// @dev Nothing more of the answer is copied, so that a target cannot make a caller pay for its length.
    ///
    /// The target needs no allow-list: it is called with one of fourteen selectors, none of which any ERC-20 answers, it is
    /// approved for this hop's input only or given no more than it, and what it delivers is measured, or bounded by the
    /// next hop and the route's profit.
    function perform(Swap memory swap) internal returns (uint256 reported) {
        address target = swap.target;
        bytes memory payload = swap.payload;
        uint256 value = swap.intake == Intake.Ether ? swap.amountIn : 0;
        bool success;
        assembly ("memory-safe") {
            success := call(gas(), target, value, add(payload, 0x20), mload(payload), 0, 0)
        }
        Answer answer = swap.answer;
        uint256 needed = uint256(answer) * 0x20;
        uint256 size = _answered(swap, success, needed);
        if (answer == Answer.Nothing) return swap.asked;
        int256 other;
        assembly ("memory-safe") {
            returndatacopy(0, sub(size, needed), needed)
            reported := mload(0)
            other := mload(0x20)
        }
        if (answer == Answer.Changes) {
            int256 change = other < int256(reported) ? other : int256(reported);
            reported = change < 0 ? uint256(-change) : 0;
        }
    }

    /// @notice Reads the target and returns the answer's first words: one, or two.
    function read(
        Swap memory swap,
        bytes memory payload,
        uint256 words
    ) internal view returns (uint256 first, uint256 second) {
        address target = swap.target;
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), target, add(payload, 0x20), mload(payload), 0, 0)
        }
        _answered(swap, success, words * 0x20);
        assembly ("memory-safe") {
            returndatacopy(0, 0, mul(words, 0x20))
            first := mload(0)
            second := mload(0x20)
        }
    }

    /// @notice Reverts where a price is worse than `limit`, both in the number of the hop's venue.
    /// @param isLeast Whether the worst price is the least, as for what is sold, or the greatest, as for what is bought.
    function requirePrice(Swap memory swap, uint256 price, uint160 limit, bool isLeast) internal pure {
        if (isLeast ? price < limit : price > limit) revert IFlashArbitrage.PriceBeyondLimit(swap.index, price, limit);
    }

    /// @notice Reverts where there is less of the output for each unit of the input than `limit` says.
    /// @param limit The least ratio, output to input, times 2^80. Where there is no input, the ratio counts as zero.
    function requireRatio(Swap memory swap, uint256 balanceIn, uint256 balanceOut, uint160 limit) internal pure {
        requirePrice(swap, balanceIn == 0 ? 0 : (balanceOut << 80) / balanceIn, limit, true);
    }

    /// @dev Returns the length of an answer that has at least `needed` bytes, or reverts with the target's reason.
    function _answered(Swap memory swap, bool success, uint256 needed) private view returns (uint256 size) {
        assembly ("memory-safe") {
            size := returndatasize()
        }
        if (!success) revert IFlashArbitrage.HopFailed(swap.index, swap.venue, _reason(size));
        // A call to an address without code succeeds.
        if (size < needed || (needed == 0 && swap.target.code.length == 0)) {
            revert IFlashArbitrage.HopAnsweredNothing(swap.index, swap.venue, swap.target);
        }
    }

    function _reason(uint256 size) private pure returns (bytes memory reason) {
        reason = new bytes(size < MAX_REASON_BYTES ? size : MAX_REASON_BYTES);
        assembly ("memory-safe") {
            returndatacopy(add(reason, 0x20), 0, mload(reason))
        }
    }
}
