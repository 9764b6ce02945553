// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice What a route proxy calls for one hop.
interface IDodoAdapter {
    function sellBase(address to, address pool, bytes memory moreInfo) external;
    function sellQuote(address to, address pool, bytes memory moreInfo) external;
}

/// @notice The two swaps of a DODO pool.
interface IDodoSwap {
    function sellBase(address to) external returns (uint256);
    function sellQuote(address to) external returns (uint256);
}

/// @title DodoV2Adapter
/// @notice Twin of DODOEX/contractV2 `SmartRoute/adapter/DODOV2Adapter.sol`: a hop through a vending machine, a stable or a
/// private pool.
/// @dev Reproduces: the pool is the caller's word, and `moreInfo` is ignored. Leaves out: nothing.
contract DodoV2Adapter is IDodoAdapter {
    function sellBase(address to, address pool, bytes memory) external {
        IDodoSwap(pool).sellBase(to);
    }

    function sellQuote(address to, address pool, bytes memory) external {
        IDodoSwap(pool).sellQuote(to);
    }
}
