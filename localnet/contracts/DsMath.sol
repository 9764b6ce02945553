// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title DsMath
/// @notice Twin of the arithmetic of contracts before Solidity 0.8: DappHub's checks and their strings, and a division by
/// zero that is no revert but an invalid opcode, which takes all gas.
library DsMath {
    function add(uint256 a, uint256 b) internal pure returns (uint256 sum) {
        unchecked {
            require((sum = a + b) >= a, "ds-math-add-overflow");
        }
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256 difference) {
        unchecked {
            require((difference = a - b) <= a, "ds-math-sub-underflow");
        }
    }

    function mul(uint256 a, uint256 b) internal pure returns (uint256 product) {
        unchecked {
            require(b == 0 || (product = a * b) / b == a, "ds-math-mul-overflow");
        }
    }

    function div(uint256 a, uint256 b) internal pure returns (uint256 quotientDown) {
        assembly ("memory-safe") {
            if iszero(b) {
                invalid()
            }
            quotientDown := div(a, b)
        }
    }
}
