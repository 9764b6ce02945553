// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, Loan } from "../../../contracts/interfaces/IFlashArbitrage.sol";

/// @title OrderReader
/// @notice Reads every field of an order once, from both encodings that the decision about calldata compares.
contract OrderReader {
    /// @notice Reads the arguments of `execute`, and returns the gas that it takes.
    function readStructs(
        bytes32 id,
        Loan calldata loan,
        Hop[] calldata hops,
        uint256 minProfit,
        uint256 deadline
    ) external view returns (uint256 gas_, uint256 sum) {
        gas_ = gasleft();
        unchecked {
            sum = uint256(id) + loan.lender + uint160(loan.token) + loan.amount + minProfit + deadline;
            for (uint256 i = 0; i < hops.length; ++i) {
                Hop calldata hop = hops[i];
                sum += hop.venue + uint160(hop.target) + uint160(hop.tokenOut) + hop.amountIn;
                sum += hop.data.length + uint160(bytes20(hop.data));
            }
            gas_ -= gasleft();
        }
    }

    /// @notice Reads the same order from bytes: id (32), lender (1), token (20), amount (16), minProfit (16), deadline (5),
    /// and for each hop venue (1), target (20), tokenOut (20), amountIn (16), the data's length (1) and the data.
    function readPacked(bytes calldata order) external view returns (uint256 gas_, uint256 sum) {
        gas_ = gasleft();
        assembly ("memory-safe") {
            let at := order.offset
            let end := add(at, order.length)
            sum := calldataload(at)
            let word := calldataload(add(at, 32))
            sum := add(add(sum, shr(248, word)), shr(96, shl(8, word)))
            sum := add(sum, shr(128, calldataload(add(at, 53))))
            sum := add(sum, shr(128, calldataload(add(at, 69))))
            sum := add(sum, shr(216, calldataload(add(at, 85))))
            at := add(at, 90)
            for {} lt(at, end) {} {
                word := calldataload(at)
                sum := add(add(sum, shr(248, word)), shr(96, shl(8, word)))
                sum := add(sum, shr(96, calldataload(add(at, 21))))
                sum := add(sum, shr(128, calldataload(add(at, 41))))
                let length := shr(248, calldataload(add(at, 57)))
                sum := add(add(sum, length), shr(96, calldataload(add(at, 58))))
                at := add(at, add(58, length))
            }
        }
        unchecked {
            gas_ -= gasleft();
        }
    }
}
