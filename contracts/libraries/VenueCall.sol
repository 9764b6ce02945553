// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";

/// @notice How a venue's pattern spends an amount: what the library of the venue knows and FlashArbitrage carries out.
struct VenueCall {
    /// @dev Who pulls the input and is approved for exactly it.
    address spender;
    /// @dev Whether the input, WETH, goes in as ether instead of being pulled.
    bool nativeIn;
    /// @dev Whether the output arrives as ether, to be wrapped into WETH.
    bool nativeOut;
    /// @dev The call to the hop's target. The last word that it returns is the amount paid out.
    bytes payload;
}

/// @title VenueCallLib
/// @notice Calls the target of a hop.
library VenueCallLib {
    /// @dev Enough for every reason that a venue gives, and too little for a target to burn much gas with.
    uint256 private constant MAX_REASON_BYTES = 1024;

    /// @notice Calls the target of hop `index` and returns what it says that it paid, in units of the hop's output.
    /// @dev All five patterns return the amount as the last word: four as the only one, Solidly as the last of an array.
    /// Nothing more of the answer is copied, so that a target cannot make a caller pay for its length.
    ///
    /// The target needs no allow-list: it is called with one of six selectors, none of which any ERC-20 or lender
    /// answers, it is approved for this hop's input only, and what it delivers is measured.
    function perform(
        VenueCall memory call,
        uint256 index,
        Hop memory hop,
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
        if (size < 0x20) revert IFlashArbitrage.HopAnsweredNothing(index, hop.venue, target);
        assembly ("memory-safe") {
            returndatacopy(0, sub(size, 0x20), 0x20)
            reported := mload(0)
        }
    }

    function _reason(uint256 size) private pure returns (bytes memory reason) {
        reason = new bytes(size < MAX_REASON_BYTES ? size : MAX_REASON_BYTES);
        assembly ("memory-safe") {
            returndatacopy(add(reason, 0x20), 0, mload(reason))
        }
    }
}
