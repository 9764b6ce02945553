// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Token
/// @notice Reads an ERC-20 as IERC20 does, in scratch memory: a route reads balances more often than anything else.
library Token {
    /// @notice Returns what this contract holds of a token, in units of its decimals.
    function balance(address token) internal view returns (uint256 amount) {
        assembly ("memory-safe") {
            mstore(0, shl(224, 0x70a08231)) // balanceOf(address)
            mstore(4, address())
            if iszero(staticcall(gas(), token, 0, 0x24, 0, 0x20)) {
                let reason := mload(0x40)
                returndatacopy(reason, 0, returndatasize())
                revert(reason, returndatasize())
            }
            if lt(returndatasize(), 0x20) {
                revert(0, 0)
            }
            amount := mload(0)
        }
    }
}
