// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import { IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";

/// @notice What a callback is announced for: a loan, by the number of its lender, or the payment of a swap, by the
/// number of the operator, who is not called back for a loan.
enum Purpose {
    LoanOfAaveV3,
    LoanOfBalancerV2,
    LoanOfMorphoBlue,
    PaySwap,
    LoanOfConcentratedFlash,
    LoanOfPairFlash,
    LoanOfDodoFlash,
    LoanOfBalancerV3
}

/// @title Announcements
/// @notice Accepts a callback once, and only from who was asked for it, for what it was asked for, with what was sent.
/// @dev One word is enough: a loan's announcement is consumed before the first hop runs, and a hop's before the hop ends.
abstract contract Announcements {
    /// @dev Commits to the one callback that is awaited: its caller, its purpose and the hash of its payload. Zero when
    /// none is.
    bytes32 private transient _announced;

    function _announce(address caller, Purpose purpose, bytes32 payloadHash) internal {
        _announced = _commitment(caller, purpose, payloadHash);
    }

    /// @dev Accepts the caller once. Cleared before the payload runs, so that nothing inside it can be taken again.
    function _consume(Purpose purpose, bytes calldata payload) internal {
        bytes32 announced = _announced;
        _announced = 0;
        if (announced != _commitment(msg.sender, purpose, _hashOf(payload))) {
            revert IFlashArbitrage.UnannouncedCallback(msg.sender);
        }
    }

    function _isAwaited() internal view returns (bool) {
        return _announced != 0;
    }

    /// @dev As `keccak256(payload)`, without keeping the copy.
    function _hashOf(bytes calldata payload) internal pure returns (bytes32 payloadHash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, payload.offset, payload.length)
            payloadHash := keccak256(free, payload.length)
        }
    }

    function _commitment(address caller, Purpose purpose, bytes32 payloadHash) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(bytes32((uint256(purpose) << 160) | uint160(caller)), payloadHash);
    }
}
